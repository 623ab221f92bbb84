//! The mails in German.

use super::{Message, Wording};

pub(super) const WORDING: Wording = Wording {
    greeting: "Guten Tag,",
    open_link: "Bitte öffnen Sie diesen Link:",
    instead_of_button: "Falls die Schaltfläche nicht funktioniert, öffnen Sie bitte diesen Link:",
    footer: "Diese E-Mail wurde automatisch versendet. Wir fragen Sie nie per E-Mail nach Ihrem Passwort.",
    activation: ACTIVATION,
    activation_week: Message {
        validity: "Der Link ist 7 Tage gültig und funktioniert einmal.",
        ..ACTIVATION
    },
    mailed_password: Message {
        title: "Ihr neues Passwort",
        lead: "Sie haben ein neues Passwort angefordert. Bitte melden Sie sich damit an und wählen Sie anschließend ein eigenes.",
        action: "Ihr neues Passwort:",
        validity: "Es ist 1 Stunde gültig. Ihr altes Passwort gilt weiter, bis Sie sich zum ersten Mal mit dem neuen anmelden.",
        unasked: "Sie haben das nicht angefordert? Dann können Sie diese E-Mail einfach ignorieren: Ihr Passwort bleibt, wie es ist.",
    },
    sign_in_code: Message {
        title: "Ihr Code zur Anmeldung",
        lead: "Sie melden sich gerade an. Bitte geben Sie diesen Code ein, damit wir wissen, dass Sie es sind.",
        action: "Ihr Code:",
        validity: "Er ist 5 Minuten gültig. Geben Sie ihn niemals weiter.",
        unasked: "Sie melden sich gerade gar nicht an? Dann kennt jemand anderes Ihr Passwort: Bitte legen Sie ein neues fest.",
    },
    password_reset: PASSWORD_RESET,
    password_reset_day: Message {
        validity: "Der Link ist 24 Stunden gültig und funktioniert einmal.",
        ..PASSWORD_RESET
    },
    password_reset_code: Message {
        title: "Ihr Code für ein neues Passwort",
        lead: "Sie möchten Ihr Passwort zurücksetzen. Bitte geben Sie diesen Code dort ein, wo Sie ihn angefordert haben, und wählen Sie dort ein neues Passwort.",
        action: "Ihr Code:",
        validity: "Er ist 15 Minuten gültig und funktioniert einmal. Geben Sie ihn niemals weiter.",
        unasked: "Sie haben das nicht angefordert? Dann können Sie diese E-Mail einfach ignorieren: Ihr Passwort bleibt, wie es ist.",
    },
    invitation: Message {
        title: "Sie sind jetzt Administrator",
        lead: "Unter dieser E-Mail-Adresse wurde ein Administratorkonto für Sie eingerichtet. Wählen Sie ein Passwort, um sich anzumelden.",
        action: "Passwort wählen",
        validity: "Der Link ist 24 Stunden gültig und funktioniert einmal. Danach fordern Sie auf der Seite, zu der er führt, einen neuen an.",
        unasked: "Sie haben das nicht erwartet? Dann wenden Sie sich bitte an die Betreiber des Dienstes. Ohne den Link kann sich niemand bei dem Konto anmelden.",
    },
    email_change: Message {
        title: "Bestätigen Sie Ihre neue E-Mail-Adresse",
        lead: "Sie möchten diese E-Mail-Adresse für Ihr Konto verwenden. Bitte bestätigen Sie, dass sie Ihnen gehört. Danach \
               melden Sie sich mit ihr an, und Nachrichten zum Konto gehen an sie.",
        action: "Neue Adresse bestätigen",
        validity: "Der Link ist 24 Stunden gültig und funktioniert einmal. Danach melden Sie sich bitte auf allen Ihren Geräten neu \
                   an.",
        unasked: "Sie haben das nicht angefordert? Dann können Sie diese E-Mail einfach ignorieren: Ohne den Link bekommt kein \
                  Konto Ihre Adresse.",
    },
    email_changed: Message {
        title: "Ihre E-Mail-Adresse wurde geändert",
        lead: "Das Konto, das bisher diese E-Mail-Adresse hatte, hat jetzt eine andere. Nachrichten zum Konto gehen ab sofort dorthin.",
        action: "",
        validity: "Diese Adresse gehört nicht mehr zum Konto; Sie müssen nichts weiter tun.",
        unasked: "Falls Sie diese Änderung nicht erwartet haben, wenden Sie sich bitte an die Betreiber des Dienstes.",
    },
    password_changed: Message {
        title: "Ihr Passwort wurde geändert",
        lead: "das Passwort Ihres Kontos wurde geändert, und alle anderen Geräte wurden abgemeldet. Falls Sie das nicht waren, \
               legen Sie bitte sofort ein neues Passwort fest.",
        action: "Neues Passwort festlegen",
        validity: "Wenn Sie das waren, müssen Sie nichts weiter tun.",
        unasked: "Falls Sie Ihr Passwort nicht geändert haben, wenden Sie sich bitte außerdem an die Betreiber des Dienstes.",
    },
    already_registered: Message {
        title: "Sie haben bereits ein Konto",
        lead: "jemand, vielleicht Sie selbst, hat sich gerade mit dieser E-Mail-Adresse registriert. Zu ihr gibt es bereits ein \
               Konto, deshalb wurde kein neues angelegt. Bitte melden Sie sich wie gewohnt an. Falls Sie Ihr Passwort vergessen \
               haben, können Sie hier ein neues festlegen.",
        action: "Neues Passwort festlegen",
        validity: "Ihr Passwort bleibt, wie es ist, bis Sie ein neues festlegen.",
        unasked: "Sie waren das nicht? Dann können Sie diese E-Mail einfach ignorieren: An Ihrem Konto hat sich nichts geändert.",
    },
    second_factor_notice: Message {
        title: "Ihr zweiter Faktor wurde geändert",
        lead: "der zweite Faktor Ihres Kontos wurde geändert: Er wurde eingeschaltet, ausgeschaltet oder zurückgesetzt.",
        action: "",
        validity: "Wenn Sie das waren, müssen Sie nichts weiter tun.",
        unasked: "Sie waren das nicht? Dann legen Sie bitte sofort ein neues Passwort fest und wenden Sie sich an die Betreiber des Dienstes.",
    },
    lockout_notice: Message {
        title: "Wir schützen Ihr Konto",
        lead: "für Ihr Konto wurden viele falsche Passwörter eingegeben. Zu Ihrem Schutz nehmen wir Anmeldungen nur noch von Orten an, \
               an denen Sie sich schon einmal angemeldet haben. Falls Sie selbst nicht mehr hineinkommen, legen Sie bitte ein neues \
               Passwort fest.",
        action: "Neues Passwort festlegen",
        validity: "Der Schutz bleibt bestehen, bis Sie ein neues Passwort festgelegt haben. Das können Sie jederzeit tun.",
        unasked: "Sie waren das nicht und können sich weiterhin anmelden? Dann können Sie diese E-Mail einfach ignorieren: Ihr Passwort \
                  bleibt, wie es ist.",
    },
};

const ACTIVATION: Message = Message {
    title: "Bestätigen Sie Ihre E-Mail-Adresse",
    lead: "herzlich willkommen! Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Danach können Sie Ihr Konto nutzen.",
    action: "E-Mail-Adresse bestätigen",
    validity: "Der Link ist 24 Stunden gültig und funktioniert einmal.",
    unasked: "Sie haben sich nicht registriert? Dann können Sie diese E-Mail einfach ignorieren.",
};

const PASSWORD_RESET: Message = Message {
    title: "Neues Passwort festlegen",
    lead: "Sie möchten Ihr Passwort zurücksetzen. Hier können Sie ein neues wählen.",
    action: "Neues Passwort festlegen",
    validity: "Der Link ist 1 Stunde gültig und funktioniert einmal.",
    unasked: "Sie haben das nicht angefordert? Dann können Sie diese E-Mail einfach ignorieren: Ihr Passwort bleibt, wie es ist.",
};
