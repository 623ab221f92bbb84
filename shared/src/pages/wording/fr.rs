//! The hosted pages in French.

use super::{
    Authenticator, Navigation, Notices, Outcomes, Page, Profile, RecoveryCodes, ResetErrors,
    Security, Sessions, SignIn, SignUp, Wording,
};

pub(super) const WORDING: Wording = Wording {
    own_name: "Français",
    email: "Adresse e-mail",
    invalid_email: "Nous ne pouvons pas utiliser cette adresse e-mail. Veuillez la vérifier.",
    first_name: "Prénom",
    last_name: "Nom",
    name_too_long: "Ce nom est trop long. Veuillez utiliser 128 caractères au plus.",
    save: "Enregistrer",
    remove: "Supprimer",
    sign_in: SIGN_IN,
    sign_up: SignUp {
        page: Page {
            title: "Créer un compte",
            text: "Cela prend une minute. Nous vous enverrons un e-mail pour confirmer votre adresse.",
        },
        button: "Créer le compte",
        have_account: "J’ai déjà un compte",
        email_taken: "Cette adresse e-mail a déjà un compte. Veuillez vous connecter.",
    },
    navigation: Navigation {
        skip: "Aller au contenu",
        label: "Compte",
        profile: "Profil",
        security: "Sécurité",
        sessions: "Sessions",
        sign_out: "Se déconnecter",
    },
    profile: PROFILE,
    security: SECURITY,
    authenticator: Authenticator {
        page: Page {
            title: "Configurer une application d’authentification",
            text: "Scannez cette image avec votre application d’authentification, puis saisissez le code affiché.",
        },
        picture: "Code QR pour votre application d’authentification",
        by_hand: "Si vous ne pouvez pas le scanner, saisissez cette clé dans l’application\u{a0}:",
        button: "Activer",
        cancel: "Annuler",
    },
    recovery_codes: RecoveryCodes {
        page: Page {
            title: "Conservez ces codes de secours",
            text: "Chacun remplace une fois votre application d’authentification. Imprimez-les ou gardez-les en lieu sûr\u{a0}: nous ne pourrons plus les afficher.",
        },
        done: "Je les ai enregistrés",
    },
    sessions: SESSIONS,
    notices: Notices {
        saved: "Enregistré.",
        password_changed: "Votre mot de passe est changé. Vous êtes déconnecté partout ailleurs.",
        email_sent: "Veuillez consulter la boîte de réception de votre nouvelle adresse\u{a0}: le changement s’applique dès que vous aurez ouvert le lien dans notre e-mail.",
        factor_on: "L’application d’authentification est activée. Vous êtes déconnecté partout ailleurs.",
        factor_off: "L’application d’authentification est désactivée. Vous êtes déconnecté partout ailleurs.",
        session_ended: "La session est terminée.",
        sessions_ended: "Vous êtes déconnecté partout ailleurs.",
    },
    confirm_email: Page {
        title: "Utiliser cette adresse e-mail",
        text: "Un clic et votre compte utilise cette adresse. Vous serez déconnecté partout et vous vous reconnecterez avec elle.",
    },
    activate: Page {
        title: "Confirmez votre adresse e-mail",
        text: "Plus qu’un clic et votre compte sera prêt.",
    },
    activate_button: "Confirmer l’adresse e-mail",
    activate_failed: Page {
        title: "Ce lien n’est plus valable",
        text: "Il a déjà été utilisé, a été remplacé par un lien plus récent ou a expiré. Si votre adresse est \
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
        text: "Il a déjà été utilisé, a été remplacé par un plus récent ou a expiré.",
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
        email_changed: Page {
            title: "Votre adresse e-mail est changée",
            text: "Veuillez désormais vous connecter avec votre nouvelle adresse.",
        },
        link_over: Page {
            title: "Ce lien n’est plus valable",
            text: "Il a déjà été utilisé, a été remplacé par un plus récent ou a expiré. Vous pouvez en demander un nouveau sur la page de sécurité de votre compte.",
        },
        sign_up_done: Page {
            title: "Veuillez consulter votre boîte de réception",
            text: "Nous vous avons envoyé un e-mail. Ouvrez le lien qu’il contient pour confirmer votre adresse\u{a0}; cela peut prendre quelques minutes, et pensez à regarder dans vos courriers indésirables.",
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
            text: "Quelque chose dans la demande manquait, était incorrect ou n’était plus à jour. Veuillez revenir en arrière, recharger la page et réessayer.",
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

const SIGN_IN: SignIn = SignIn {
    page: Page {
        title: "Se connecter",
        text: "Heureux de vous revoir.",
    },
    new_password: Page {
        title: "Choisissez un nouveau mot de passe",
        text: "Avant de continuer, veuillez remplacer votre mot de passe par un autre que vous seul connaissez.",
    },
    code_of_authenticator: Page {
        title: "Saisissez votre code",
        text: "Ouvrez votre application d’authentification et saisissez les six chiffres affichés, ou utilisez l’un de vos codes de secours.",
    },
    code_by_sms: Page {
        title: "Saisissez votre code",
        text: "Nous vous avons envoyé un code par SMS.",
    },
    code_by_email: Page {
        title: "Saisissez votre code",
        text: "Nous vous avons envoyé un code par e-mail.",
    },
    password: "Mot de passe",
    button: "Se connecter",
    forgot: "Mot de passe oublié\u{a0}?",
    sign_up: "Créer un compte",
    link: "Retour à la connexion",
    code: "Code",
    resend: "Renvoyer le code",
    resent: "Le code vient d’être renvoyé.",
    start_over: "Recommencer",
    signed_up: "Votre compte est prêt. Veuillez vous connecter.",
    signed_out: "Vous êtes déconnecté.",
    deleted: "Votre compte est supprimé.",
    wrong: "L’adresse e-mail ou le mot de passe est incorrect. Veuillez réessayer.",
    not_activated: "Veuillez d’abord confirmer votre adresse e-mail\u{a0}: ouvrez le lien dans l’e-mail que nous vous avons envoyé.",
    suspended: "Ce compte est suspendu. Veuillez contacter les responsables du service.",
    over: "Le délai pour saisir le code est écoulé, ou il y a eu trop d’essais. Veuillez vous reconnecter.",
    wrong_code: "Ce code est incorrect ou a déjà été utilisé. Veuillez en saisir un nouveau.",
    too_soon: "Un code vient d’être envoyé. Veuillez attendre une demi-minute avant d’en demander un autre.",
};

const PROFILE: Profile = Profile {
    page: Page {
        title: "Votre profil",
        text: "Ce que les autres peuvent voir de vous, et la langue dans laquelle nous vous écrivons.",
    },
    picture: "Photo",
    your_picture: "Votre photo",
    choose_picture: "Choisir une image",
    picture_hint: "PNG, JPEG, GIF ou WebP, 2 Mo au plus. Elle est réduite à 256 pixels.",
    upload: "Envoyer",
    remove_picture: "Supprimer la photo",
    bad_picture: "Ce fichier n’est pas une image utilisable. Veuillez choisir un PNG, JPEG, GIF ou WebP de 2 Mo au plus.",
    details: "Nom et langue",
    language: "Langue",
    attributes: "Attributs",
    attributes_text: "De courtes informations que les applications conservent à votre sujet, chacune sous un nom.",
    key: "Intitulé",
    text: "Valeur",
    add: "Ajouter",
    bad_attribute: "Un intitulé compte de 1 à 128 caractères, une valeur 4096 au plus. Veuillez raccourcir votre saisie.",
    attributes_full: "Il n’y a plus de place. Veuillez d’abord supprimer quelque chose.",
};

const SECURITY: Security = Security {
    page: Page {
        title: "Sécurité",
        text: "Comment vous vous connectez, et comment retrouver l’accès.",
    },
    change_password: "Changer de mot de passe",
    change_password_text: "Vous restez connecté ici et serez déconnecté partout ailleurs.",
    present_password: "Mot de passe actuel",
    wrong_password: "Le mot de passe actuel est incorrect. Veuillez réessayer.",
    email_text: "Votre adresse e-mail est",
    new_email: "Nouvelle adresse e-mail",
    change_email: "Changer d’adresse e-mail",
    factor: "Connexion en deux étapes",
    factor_off: "Désactivée. Avec une application d’authentification, votre mot de passe seul ne suffit plus pour entrer.",
    factor_on: "Activée\u{a0}: après le mot de passe, nous demandons un code de votre application d’authentification.",
    factor_sms: "Activée\u{a0}: après le mot de passe, nous vous envoyons un code par SMS.",
    factor_email: "Activée\u{a0}: après le mot de passe, nous vous envoyons un code par e-mail.",
    add_factor: "Configurer une application d’authentification",
    remove_factor: "Désactiver l’application d’authentification",
    code_or_recovery: "Code ou code de secours",
    delete: "Supprimer le compte",
    delete_text: "Votre compte et tout ce qui s’y rattache sont supprimés immédiatement et définitivement.",
    delete_button: "Supprimer mon compte",
    last_root: "Ce compte est le dernier de son genre et ne peut être supprimé avant qu’il n’y ait un autre compte root.",
};

const SESSIONS: Sessions = Sessions {
    page: Page {
        title: "Sessions",
        text: "Où vous êtes connecté.",
    },
    account_pages: "Pages du compte",
    website: "Site web",
    app: "Application",
    present: "Cette session",
    signed_in: "Connecté le",
    used: "Dernière utilisation le",
    end: "Déconnecter",
    others: "Partout ailleurs",
    others_text: "Met fin à toutes vos autres sessions d’un coup. Vous restez connecté ici.",
    end_others: "Se déconnecter partout ailleurs",
};
