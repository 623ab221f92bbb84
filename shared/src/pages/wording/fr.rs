//! The hosted pages in French.

use super::{Outcomes, Page, ResetErrors, Wording};

pub(super) const WORDING: Wording = Wording {
    email: "Adresse e-mail",
    activate: Page {
        title: "Confirmez votre adresse e-mail",
        text: "Plus qu’un clic et votre compte sera prêt.",
    },
    activate_button: "Confirmer l’adresse e-mail",
    activate_failed: Page {
        title: "Ce lien n’est plus valable",
        text: "Il a déjà été utilisé, a été remplacé par un lien plus récent ou date de plus de 24 heures. Si votre adresse est \
               déjà confirmée, il vous suffit de vous connecter. Sinon, nous vous enverrons volontiers un nouveau lien.",
    },
    resend_title: "Besoin d’un nouveau lien\u{a0}?",
    resend_button: "Renvoyer",
    new_link: "Obtenir un nouveau lien",
    forgot: Page {
        title: "Mot de passe oublié\u{a0}?",
        text: "Saisissez votre adresse e-mail et nous vous enverrons un lien pour choisir un nouveau mot de passe.",
    },
    forgot_button: "Envoyer le lien",
    reset: Page {
        title: "Choisissez un nouveau mot de passe",
        text: "Votre nouveau mot de passe sera valable immédiatement. Vous serez déconnecté(e) de tous vos appareils.",
    },
    reset_failed: Page {
        title: "Ce lien n’est plus valable",
        text: "Il a déjà été utilisé, a été remplacé par un lien plus récent ou date de plus d’une heure.",
    },
    reset_failed_day: Page {
        title: "Ce lien n’est plus valable",
        text: "Il a déjà été utilisé, a été remplacé par un lien plus récent ou date de plus de 24 heures.",
    },
    reset_failed_email: "Saisissez votre adresse e-mail et nous vous en enverrons un nouveau.",
    password: "Nouveau mot de passe",
    password_again: "Répétez le nouveau mot de passe",
    password_hint: "Au moins 8 caractères. Quelques mots sans rapport entre eux font un bon mot de passe.",
    password_hint_kinds: "Au moins 8 caractères, dont une majuscule, une minuscule, un chiffre et l’un des signes #?!@$%^&*-",
    reset_button: "Enregistrer le mot de passe",
    reset_error: ResetErrors {
        too_short: "Ce mot de passe est trop court. Veuillez utiliser au moins 8 caractères.",
        too_common: "Ce mot de passe est trop facile à deviner. Veuillez en choisir un autre.",
        too_long: "Ce mot de passe est trop long. Veuillez en choisir un plus court.",
        unchanged: "C’est votre mot de passe actuel. Veuillez en choisir un autre.",
        kinds_missing: "Ce mot de passe doit contenir des majuscules et des minuscules, un chiffre et l’un des signes #?!@$%^&*-",
        recent: "C’est l’un de vos cinq derniers mots de passe. Veuillez en choisir un autre.",
        different: "Les deux mots de passe sont différents. Veuillez saisir deux fois le même.",
    },
    outcome: Outcomes {
        activated: Page {
            title: "Votre adresse est confirmée",
            text: "Merci\u{a0}! Vous pouvez fermer cette page et vous connecter.",
        },
        resend_done: Page {
            title: "Consultez votre messagerie",
            text: "Si un compte associé à cette adresse attend une confirmation, un e-mail avec un nouveau lien est en route. \
                   Cela peut prendre quelques minutes\u{a0}; pensez à vérifier vos courriers indésirables.",
        },
        forgot_done: Page {
            title: "Consultez votre messagerie",
            text: "S’il existe un compte associé à cette adresse, un e-mail avec un lien est en route. Le lien est valable 1 heure. \
                   Cela peut prendre quelques minutes\u{a0}; pensez à vérifier vos courriers indésirables.",
        },
        reset_done: Page {
            title: "Votre mot de passe est enregistré",
            text: "Vous pouvez fermer cette page et vous connecter avec votre nouveau mot de passe.",
        },
        not_found: Page {
            title: "Page introuvable",
            text: "Il n’y a rien à cette adresse. Veuillez vérifier que le lien est complet.",
        },
        bad_request: Page {
            title: "Cela n’a pas fonctionné",
            text: "Un élément de la demande manquait ou était incorrect. Veuillez revenir en arrière, vérifier votre saisie et \
                   réessayer.",
        },
        too_many: Page {
            title: "Une petite pause, s’il vous plaît",
            text: "Il y a eu trop de tentatives en peu de temps. Veuillez patienter un peu, puis réessayer.",
        },
        unavailable: Page {
            title: "Nous revenons tout de suite",
            text: "Le service est momentanément indisponible. Veuillez réessayer dans quelques minutes.",
        },
        internal: Page {
            title: "Une erreur s’est produite",
            text: "Elle vient de nous, pas de vous. Veuillez réessayer dans quelques minutes.",
        },
    },
};
