//! The hosted pages in German.

use super::{
    Authenticator, Navigation, Notices, Outcomes, Page, Profile, RecoveryCodes, ResetErrors,
    Security, Sessions, SignIn, SignUp, Wording,
};

pub(super) const WORDING: Wording = Wording {
    own_name: "Deutsch",
    email: "E-Mail-Adresse",
    invalid_email: "Diese E-Mail-Adresse können wir nicht verwenden. Bitte prüfen Sie sie.",
    first_name: "Vorname",
    last_name: "Nachname",
    name_too_long: "Dieser Name ist zu lang. Bitte verwenden Sie höchstens 128 Zeichen.",
    save: "Speichern",
    remove: "Entfernen",
    sign_in: SIGN_IN,
    sign_up: SignUp {
        page: Page {
            title: "Konto erstellen",
            text: "Das dauert nur eine Minute. Wir senden Ihnen eine E-Mail, mit der Sie Ihre Adresse bestätigen.",
        },
        button: "Konto erstellen",
        have_account: "Ich habe schon ein Konto",
        email_taken: "Zu dieser E-Mail-Adresse gibt es schon ein Konto. Bitte melden Sie sich damit an.",
    },
    navigation: Navigation {
        skip: "Zum Inhalt springen",
        label: "Konto",
        profile: "Profil",
        security: "Sicherheit",
        sessions: "Sitzungen",
        sign_out: "Abmelden",
    },
    profile: PROFILE,
    security: SECURITY,
    authenticator: Authenticator {
        page: Page {
            title: "Authenticator-App einrichten",
            text: "Scannen Sie dieses Bild mit Ihrer Authenticator-App. Geben Sie dann den Code ein, den sie zeigt.",
        },
        picture: "QR-Code für Ihre Authenticator-App",
        by_hand: "Wenn Sie ihn nicht scannen können, geben Sie diesen Schlüssel in die App ein:",
        button: "Einschalten",
        cancel: "Abbrechen",
    },
    recovery_codes: RecoveryCodes {
        page: Page {
            title: "Bewahren Sie diese Wiederherstellungscodes auf",
            text: "Jeder von ihnen ersetzt Ihre Authenticator-App einmal. Drucken Sie sie aus oder bewahren Sie sie an einem sicheren Ort auf: Wir können sie nicht noch einmal zeigen.",
        },
        done: "Ich habe sie gesichert",
    },
    sessions: SESSIONS,
    notices: Notices {
        saved: "Gespeichert.",
        password_changed: "Ihr Passwort ist geändert. Überall sonst sind Sie abgemeldet.",
        email_sent: "Bitte sehen Sie in das Postfach Ihrer neuen Adresse: Die Änderung gilt, sobald Sie den Link in unserer E-Mail geöffnet haben.",
        factor_on: "Die Authenticator-App ist eingeschaltet. Überall sonst sind Sie abgemeldet.",
        factor_off: "Die Authenticator-App ist ausgeschaltet. Überall sonst sind Sie abgemeldet.",
        session_ended: "Die Sitzung ist beendet.",
        sessions_ended: "Überall sonst sind Sie abgemeldet.",
    },
    confirm_email: Page {
        title: "Diese E-Mail-Adresse verwenden",
        text: "Nur noch ein Klick, dann verwendet Ihr Konto diese Adresse. Sie werden überall abgemeldet und melden sich mit ihr neu an.",
    },
    activate: Page {
        title: "Bestätigen Sie Ihre E-Mail-Adresse",
        text: "Nur noch ein Klick, dann können Sie Ihr Konto nutzen.",
    },
    activate_button: "E-Mail-Adresse bestätigen",
    activate_failed: Page {
        title: "Dieser Link ist nicht mehr gültig",
        text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist abgelaufen. Wenn Ihre Adresse schon \
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
        text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist abgelaufen.",
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
        email_changed: Page {
            title: "Ihre E-Mail-Adresse ist geändert",
            text: "Bitte melden Sie sich ab jetzt mit Ihrer neuen Adresse an.",
        },
        link_over: Page {
            title: "Dieser Link ist nicht mehr gültig",
            text: "Er wurde bereits verwendet, durch einen neueren ersetzt oder ist abgelaufen. Auf der Sicherheitsseite Ihres Kontos können Sie einen neuen anfordern.",
        },
        sign_up_done: Page {
            title: "Bitte sehen Sie in Ihr Postfach",
            text: "Wir haben Ihnen eine E-Mail geschickt. Öffnen Sie den Link darin, um Ihre Adresse zu bestätigen; das kann einige Minuten dauern, und bitte sehen Sie auch im Spam-Ordner nach.",
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
            text: "In der Anfrage hat etwas gefehlt, nicht gestimmt oder war veraltet. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.",
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

const SIGN_IN: SignIn = SignIn {
    page: Page {
        title: "Anmelden",
        text: "Schön, dass Sie wieder da sind.",
    },
    new_password: Page {
        title: "Neues Passwort wählen",
        text: "Bevor es weitergeht, ersetzen Sie bitte Ihr Passwort durch eines, das nur Sie kennen.",
    },
    code_of_authenticator: Page {
        title: "Code eingeben",
        text: "Öffnen Sie Ihre Authenticator-App und geben Sie die sechs Ziffern ein, die sie zeigt, oder verwenden Sie einen Ihrer Wiederherstellungscodes.",
    },
    code_by_sms: Page {
        title: "Code eingeben",
        text: "Wir haben Ihnen einen Code per SMS geschickt.",
    },
    code_by_email: Page {
        title: "Code eingeben",
        text: "Wir haben Ihnen einen Code per E-Mail geschickt.",
    },
    password: "Passwort",
    button: "Anmelden",
    forgot: "Passwort vergessen?",
    sign_up: "Konto erstellen",
    link: "Zurück zur Anmeldung",
    code: "Code",
    resend: "Code erneut senden",
    resent: "Der Code ist noch einmal unterwegs.",
    start_over: "Von vorn beginnen",
    signed_up: "Ihr Konto ist bereit. Bitte melden Sie sich an.",
    signed_out: "Sie sind abgemeldet.",
    deleted: "Ihr Konto ist gelöscht.",
    wrong: "E-Mail-Adresse oder Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.",
    not_activated: "Bitte bestätigen Sie zuerst Ihre E-Mail-Adresse: Öffnen Sie den Link in der E-Mail, die wir Ihnen geschickt haben.",
    suspended: "Dieses Konto ist gesperrt. Bitte wenden Sie sich an die Betreiber des Dienstes.",
    over: "Die Zeit für den Code ist abgelaufen, oder es waren zu viele Versuche. Bitte melden Sie sich noch einmal an.",
    wrong_code: "Dieser Code stimmt nicht oder wurde schon verwendet. Bitte geben Sie einen neuen ein.",
    too_soon: "Gerade wurde ein Code gesendet. Bitte warten Sie eine halbe Minute, bevor Sie einen weiteren anfordern.",
};

const PROFILE: Profile = Profile {
    page: Page {
        title: "Ihr Profil",
        text: "Was andere von Ihnen sehen können, und die Sprache, in der wir Ihnen schreiben.",
    },
    picture: "Bild",
    your_picture: "Ihr Bild",
    choose_picture: "Bild auswählen",
    picture_hint: "PNG, JPEG, GIF oder WebP, höchstens 2 MB. Es wird auf 256 Pixel verkleinert.",
    upload: "Hochladen",
    remove_picture: "Bild entfernen",
    bad_picture: "Diese Datei ist kein Bild, das wir verwenden können. Bitte wählen Sie ein PNG, JPEG, GIF oder WebP mit höchstens 2 MB.",
    details: "Name und Sprache",
    language: "Sprache",
    attributes: "Attribute",
    attributes_text: "Kurze Angaben, die Apps über Sie speichern, jede unter einem Namen.",
    key: "Bezeichnung",
    text: "Wert",
    add: "Hinzufügen",
    bad_attribute: "Eine Bezeichnung hat 1 bis 128 Zeichen, ein Wert höchstens 4096. Bitte kürzen Sie die Eingabe.",
    attributes_full: "Es ist kein Platz mehr frei. Bitte entfernen Sie zuerst etwas.",
};

const SECURITY: Security = Security {
    page: Page {
        title: "Sicherheit",
        text: "Wie Sie sich anmelden und wie Sie wieder hineinkommen.",
    },
    change_password: "Passwort ändern",
    change_password_text: "Hier bleiben Sie angemeldet, überall sonst werden Sie abgemeldet.",
    present_password: "Bisheriges Passwort",
    wrong_password: "Das bisherige Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.",
    email_text: "Ihre E-Mail-Adresse ist",
    new_email: "Neue E-Mail-Adresse",
    change_email: "E-Mail-Adresse ändern",
    factor: "Anmeldung in zwei Schritten",
    factor_off: "Aus. Mit einer Authenticator-App kommt niemand allein mit Ihrem Passwort hinein.",
    factor_on: "An: Nach dem Passwort fragen wir nach einem Code Ihrer Authenticator-App.",
    factor_sms: "An: Nach dem Passwort senden wir Ihnen einen Code per SMS.",
    factor_email: "An: Nach dem Passwort senden wir Ihnen einen Code per E-Mail.",
    add_factor: "Authenticator-App einrichten",
    remove_factor: "Authenticator-App ausschalten",
    code_or_recovery: "Code oder Wiederherstellungscode",
    delete: "Konto löschen",
    delete_text: "Damit werden Ihr Konto und alles, was dazugehört, sofort und endgültig entfernt.",
    delete_button: "Mein Konto löschen",
    last_root: "Dieses Konto ist das letzte seiner Art und kann erst gelöscht werden, wenn es ein weiteres mit der Rolle root gibt.",
};

const SESSIONS: Sessions = Sessions {
    page: Page {
        title: "Sitzungen",
        text: "Wo Sie angemeldet sind.",
    },
    account_pages: "Kontoseiten",
    website: "Website",
    app: "App",
    present: "Diese Sitzung",
    signed_in: "Angemeldet am",
    used: "Zuletzt verwendet am",
    end: "Abmelden",
    others: "Überall sonst",
    others_text: "Meldet Sie in allen anderen Sitzungen auf einmal ab. Hier bleiben Sie angemeldet.",
    end_others: "Überall sonst abmelden",
};
