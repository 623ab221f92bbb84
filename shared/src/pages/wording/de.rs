//! The hosted pages in German.

use super::{Outcomes, Page, ResetErrors, Wording};

pub(super) const WORDING: Wording = Wording {
    email: "E-Mail-Adresse",
    activate: Page {
        title: "Bestätigen Sie Ihre E-Mail-Adresse",
        text: "Nur noch ein Klick, dann können Sie Ihr Konto nutzen.",
    },
    activate_button: "E-Mail-Adresse bestätigen",
    activate_failed: Page {
        title: "Dieser Link ist nicht mehr gültig",
        text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist älter als 24 Stunden. Wenn Ihre Adresse schon \
               bestätigt ist, können Sie sich einfach anmelden. Andernfalls senden wir Ihnen gern einen neuen Link.",
    },
    resend_title: "Neuen Link anfordern",
    resend_button: "Erneut senden",
    new_link: "Neuen Link anfordern",
    forgot: Page {
        title: "Passwort vergessen?",
        text: "Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort festlegen können.",
    },
    forgot_button: "Link senden",
    reset: Page {
        title: "Neues Passwort festlegen",
        text: "Ihr neues Passwort gilt sofort. Sie werden auf allen Geräten abgemeldet.",
    },
    reset_failed: Page {
        title: "Dieser Link ist nicht mehr gültig",
        text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist älter als 1 Stunde.",
    },
    reset_failed_day: Page {
        title: "Dieser Link ist nicht mehr gültig",
        text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist älter als 24 Stunden.",
    },
    reset_failed_email: "Geben Sie Ihre E-Mail-Adresse ein, dann senden wir Ihnen einen neuen.",
    password: "Neues Passwort",
    password_again: "Neues Passwort wiederholen",
    password_hint: "Mindestens 8 Zeichen. Gut sind mehrere Wörter, die nichts miteinander zu tun haben.",
    password_hint_kinds: "Mindestens 8 Zeichen, darunter ein Groß- und ein Kleinbuchstabe, eine Ziffer und eines von #?!@$%^&*-",
    reset_button: "Passwort speichern",
    reset_error: ResetErrors {
        too_short: "Dieses Passwort ist zu kurz. Bitte verwenden Sie mindestens 8 Zeichen.",
        too_common: "Dieses Passwort ist zu leicht zu erraten. Bitte wählen Sie ein anderes.",
        too_long: "Dieses Passwort ist zu lang. Bitte wählen Sie ein kürzeres.",
        unchanged: "Das ist Ihr bisheriges Passwort. Bitte wählen Sie ein anderes.",
        kinds_missing: "Dieses Passwort braucht Groß- und Kleinbuchstaben, eine Ziffer und eines der Zeichen #?!@$%^&*-",
        recent: "Das ist eines Ihrer letzten fünf Passwörter. Bitte wählen Sie ein anderes.",
        different: "Die beiden Passwörter sind verschieden. Bitte geben Sie zweimal dasselbe ein.",
    },
    outcome: Outcomes {
        activated: Page {
            title: "Ihre Adresse ist bestätigt",
            text: "Vielen Dank! Sie können diese Seite schließen und sich anmelden.",
        },
        resend_done: Page {
            title: "Bitte sehen Sie in Ihr Postfach",
            text: "Wenn ein Konto mit dieser Adresse auf Bestätigung wartet, ist eine E-Mail mit einem neuen Link unterwegs. \
                   Das kann einige Minuten dauern; bitte sehen Sie auch im Spam-Ordner nach.",
        },
        forgot_done: Page {
            title: "Bitte sehen Sie in Ihr Postfach",
            text: "Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail mit einem Link unterwegs. Der Link ist 1 Stunde \
                   gültig. Das kann einige Minuten dauern; bitte sehen Sie auch im Spam-Ordner nach.",
        },
        reset_done: Page {
            title: "Ihr Passwort ist gespeichert",
            text: "Sie können diese Seite schließen und sich mit Ihrem neuen Passwort anmelden.",
        },
        not_found: Page {
            title: "Seite nicht gefunden",
            text: "Unter dieser Adresse gibt es nichts. Bitte prüfen Sie, ob der Link vollständig ist.",
        },
        bad_request: Page {
            title: "Das hat nicht geklappt",
            text: "In der Anfrage hat etwas gefehlt oder nicht gestimmt. Bitte gehen Sie zurück, prüfen Sie Ihre Eingaben und \
                   versuchen Sie es noch einmal.",
        },
        too_many: Page {
            title: "Eine kurze Pause, bitte",
            text: "Es gab in kurzer Zeit zu viele Versuche. Bitte warten Sie ein wenig und versuchen Sie es dann noch einmal.",
        },
        unavailable: Page {
            title: "Wir sind gleich wieder da",
            text: "Der Dienst ist gerade nicht erreichbar. Bitte versuchen Sie es in einigen Minuten noch einmal.",
        },
        internal: Page {
            title: "Da ist etwas schiefgegangen",
            text: "Der Fehler liegt bei uns, nicht bei Ihnen. Bitte versuchen Sie es in einigen Minuten noch einmal.",
        },
    },
};
