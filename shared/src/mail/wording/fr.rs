//! The mails in French.

use super::{Message, Wording};

pub(super) const WORDING: Wording = Wording {
    greeting: "Bonjour,",
    open_link: "Veuillez ouvrir ce lien\u{a0}:",
    instead_of_button: "Si le bouton ne fonctionne pas, veuillez ouvrir ce lien\u{a0}:",
    footer: "Ceci est un envoi automatique. Nous ne demandons jamais votre mot de passe par e-mail.",
    activation: ACTIVATION,
    activation_week: Message {
        validity: "Ce lien est valable 7 jours et ne fonctionne qu’une seule fois.",
        ..ACTIVATION
    },
    mailed_password: Message {
        title: "Votre nouveau mot de passe",
        lead: "Vous avez demandé un nouveau mot de passe. Veuillez l’utiliser pour vous connecter, puis en choisir un vous-même.",
        action: "Votre nouveau mot de passe\u{a0}:",
        validity: "Il est valable 1 heure. Tant que vous ne l’avez pas utilisé, votre ancien mot de passe reste valable.",
        unasked: "Vous n’avez rien demandé\u{a0}? Ignorez simplement cet e-mail\u{a0}: votre mot de passe reste inchangé.",
    },
    sign_in_code: Message {
        title: "Votre code de connexion",
        lead: "Vous êtes en train de vous connecter. Veuillez saisir ce code pour prouver que c’est bien vous.",
        action: "Votre code\u{a0}:",
        validity: "Il est valable 5 minutes. Ne le communiquez à personne.",
        unasked: "Vous n’êtes pas en train de vous connecter\u{a0}? Quelqu’un d’autre connaît votre mot de passe\u{a0}: veuillez en choisir un nouveau.",
    },
    password_reset: PASSWORD_RESET,
    password_reset_day: Message {
        validity: "Ce lien est valable 24 heures et ne fonctionne qu’une seule fois.",
        ..PASSWORD_RESET
    },
    password_reset_code: Message {
        title: "Votre code pour un nouveau mot de passe",
        lead: "Vous avez demandé à réinitialiser votre mot de passe. Veuillez saisir ce code là où vous l’avez demandé, puis y choisir un nouveau mot de passe.",
        action: "Votre code\u{a0}:",
        validity: "Il est valable 15 minutes et ne fonctionne qu’une seule fois. Ne le communiquez à personne.",
        unasked: "Vous n’avez rien demandé\u{a0}? Ignorez simplement cet e-mail\u{a0}: votre mot de passe reste inchangé.",
    },
    invitation: Message {
        title: "Vous êtes désormais administrateur",
        lead: "Un compte d’administrateur a été créé pour vous avec cette adresse e-mail. Choisissez un mot de passe pour vous connecter.",
        action: "Choisir un mot de passe",
        validity: "Ce lien est valable 24 heures et ne fonctionne qu’une seule fois. Ensuite, demandez-en un nouveau sur la page où il mène.",
        unasked: "Vous ne vous y attendiez pas\u{a0}? Contactez les responsables du service. Sans ce lien, personne ne peut se connecter au compte.",
    },
    email_change: Message {
        title: "Confirmez votre nouvelle adresse e-mail",
        lead: "Vous souhaitez utiliser cette adresse e-mail pour votre compte. Veuillez confirmer qu’elle est bien la vôtre. \
               Vous l’utiliserez ensuite pour vous connecter, et les messages concernant le compte y seront envoyés.",
        action: "Confirmer la nouvelle adresse",
        validity: "Ce lien est valable 24 heures et ne fonctionne qu’une seule fois. Veuillez ensuite vous reconnecter sur tous vos \
                   appareils.",
        unasked: "Vous n’avez rien demandé\u{a0}? Ignorez simplement cet e-mail\u{a0}: sans ce lien, aucun compte n’obtient votre \
                  adresse.",
    },
    email_changed: Message {
        title: "Votre adresse e-mail a été modifiée",
        lead: "Le compte qui utilisait cette adresse e-mail en a désormais une autre. Les messages concernant le compte y seront envoyés.",
        action: "",
        validity: "Cette adresse n’appartient plus au compte ; vous n’avez rien à faire.",
        unasked: "Si vous ne vous attendiez pas à ce changement, veuillez contacter les responsables du service.",
    },
    password_changed: Message {
        title: "Votre mot de passe a été modifié",
        lead: "Le mot de passe de votre compte a été modifié et tous les autres appareils ont été déconnectés. Si ce n’était \
               pas vous, veuillez choisir tout de suite un nouveau mot de passe.",
        action: "Choisir un nouveau mot de passe",
        validity: "Si c’était vous, vous n’avez rien à faire.",
        unasked: "Si vous n’avez pas modifié votre mot de passe, veuillez aussi contacter les responsables du service.",
    },
    already_registered: Message {
        title: "Vous avez déjà un compte",
        lead: "Quelqu’un, peut-être vous, vient de s’inscrire avec cette adresse e-mail. Un compte existe déjà à cette \
               adresse\u{a0}; aucun nouveau compte n’a donc été créé. Veuillez vous connecter comme d’habitude. Si vous avez \
               oublié votre mot de passe, vous pouvez en choisir un nouveau ici.",
        action: "Choisir un nouveau mot de passe",
        validity: "Votre mot de passe reste inchangé tant que vous n’en avez pas choisi un nouveau.",
        unasked: "Ce n’était pas vous\u{a0}? Ignorez simplement cet e-mail\u{a0}: rien n’a changé dans votre compte.",
    },
    second_factor_notice: Message {
        title: "Votre second facteur a été modifié",
        lead: "Le second facteur de votre compte a été modifié\u{a0}: il a été activé, désactivé ou réinitialisé.",
        action: "",
        validity: "Si c’était vous, vous n’avez rien à faire.",
        unasked: "Ce n’était pas vous\u{a0}? Choisissez tout de suite un nouveau mot de passe et contactez les responsables du service.",
    },
    lockout_notice: Message {
        title: "Nous protégeons votre compte",
        lead: "De nombreux mots de passe erronés ont été saisis pour votre compte. Pour le protéger, nous n’acceptons plus que les \
               connexions depuis des lieux où vous vous êtes déjà connecté(e). Si vous ne parvenez plus à vous connecter, veuillez \
               choisir un nouveau mot de passe.",
        action: "Choisir un nouveau mot de passe",
        validity: "Cette protection reste active jusqu’à ce que vous ayez choisi un nouveau mot de passe. Vous pouvez le faire à tout \
                   moment.",
        unasked: "Ce n’était pas vous et vous pouvez toujours vous connecter\u{a0}? Ignorez simplement cet e-mail\u{a0}: votre mot de \
                  passe reste inchangé.",
    },
};

const ACTIVATION: Message = Message {
    title: "Confirmez votre adresse e-mail",
    lead: "Bienvenue\u{a0}! Veuillez confirmer que cette adresse e-mail est bien la vôtre. Votre compte sera alors prêt.",
    action: "Confirmer l’adresse e-mail",
    validity: "Ce lien est valable 24 heures et ne fonctionne qu’une seule fois.",
    unasked: "Vous ne vous êtes pas inscrit(e)\u{a0}? Ignorez simplement cet e-mail.",
};

const PASSWORD_RESET: Message = Message {
    title: "Choisissez un nouveau mot de passe",
    lead: "Vous avez demandé à réinitialiser votre mot de passe. Vous pouvez en choisir un nouveau ici.",
    action: "Choisir un nouveau mot de passe",
    validity: "Ce lien est valable 1 heure et ne fonctionne qu’une seule fois.",
    unasked: "Vous n’avez rien demandé\u{a0}? Ignorez simplement cet e-mail\u{a0}: votre mot de passe reste inchangé.",
};
