//! The mails in Spanish.

use super::{Message, Wording};

pub(super) const WORDING: Wording = Wording {
    greeting: "Hola:",
    open_link: "Abra este enlace, por favor:",
    instead_of_button: "Si el botón no funciona, abra este enlace:",
    footer: "Este es un envío automático. Nunca le pediremos su contraseña por correo electrónico.",
    activation: ACTIVATION,
    activation_week: Message {
        validity: "El enlace es válido durante 7 días y funciona una sola vez.",
        ..ACTIVATION
    },
    mailed_password: Message {
        title: "Su nueva contraseña",
        lead: "Ha solicitado una nueva contraseña. Inicie sesión con ella y, a continuación, elija una propia.",
        action: "Su nueva contraseña:",
        validity: "Es válida durante 1 hora. Hasta que la use por primera vez, su contraseña anterior sigue siendo válida.",
        unasked: "¿No la ha solicitado? Entonces puede ignorar este correo: su contraseña no cambia.",
    },
    sign_in_code: Message {
        title: "Su código de acceso",
        lead: "Está iniciando sesión. Introduzca este código para demostrar que es usted.",
        action: "Su código:",
        validity: "Es válido durante 5 minutos. No lo comparta con nadie.",
        unasked: "¿No está iniciando sesión? Entonces otra persona conoce su contraseña: elija una nueva.",
    },
    password_reset: PASSWORD_RESET,
    password_reset_day: Message {
        validity: "El enlace es válido durante 24 horas y funciona una sola vez.",
        ..PASSWORD_RESET
    },
    password_reset_code: Message {
        title: "Su código para una nueva contraseña",
        lead: "Ha solicitado restablecer su contraseña. Introduzca este código donde lo ha solicitado y elija allí una nueva contraseña.",
        action: "Su código:",
        validity: "Es válido durante 15 minutos y funciona una sola vez. No lo comparta con nadie.",
        unasked: "¿No lo ha solicitado? Entonces puede ignorar este correo: su contraseña no cambia.",
    },
    invitation: Message {
        title: "Ahora es administrador",
        lead: "Se ha creado una cuenta de administrador para usted con esta dirección de correo. Elija una contraseña para iniciar sesión.",
        action: "Elegir una contraseña",
        validity: "El enlace es válido durante 24 horas y funciona una sola vez. Después, solicite uno nuevo en la página a la que lleva.",
        unasked: "¿No lo esperaba? Póngase en contacto con los responsables del servicio. Sin el enlace, nadie puede iniciar sesión en la cuenta.",
    },
    email_change: Message {
        title: "Confirme su nueva dirección de correo",
        lead: "Desea usar esta dirección de correo para su cuenta. Confirme, por favor, que es suya. Después iniciará sesión \
               con ella y los mensajes sobre la cuenta se enviarán aquí.",
        action: "Confirmar la nueva dirección",
        validity: "El enlace es válido durante 24 horas y funciona una sola vez. Después, vuelva a iniciar sesión en todos sus \
                   dispositivos.",
        unasked: "¿No lo ha solicitado? Entonces puede ignorar este correo: sin el enlace, ninguna cuenta obtiene su dirección.",
    },
    email_changed: Message {
        title: "Su dirección de correo ha cambiado",
        lead: "La cuenta que usaba esta dirección de correo tiene ahora otra. Los mensajes sobre la cuenta se enviarán allí a partir de ahora.",
        action: "",
        validity: "Esta dirección ya no pertenece a la cuenta; no tiene que hacer nada.",
        unasked: "Si no esperaba este cambio, póngase en contacto con los responsables del servicio.",
    },
    password_changed: Message {
        title: "Su contraseña ha cambiado",
        lead: "La contraseña de su cuenta ha cambiado y se ha cerrado la sesión en todos los demás dispositivos. Si no ha sido \
               usted, elija enseguida una nueva contraseña.",
        action: "Elegir una nueva contraseña",
        validity: "Si ha sido usted, no tiene que hacer nada.",
        unasked: "Si usted no ha cambiado su contraseña, póngase también en contacto con los responsables del servicio.",
    },
    already_registered: Message {
        title: "Ya tiene una cuenta",
        lead: "Alguien, quizá usted, acaba de registrarse con esta dirección de correo. Ya existe una cuenta con ella, por lo \
               que no se ha creado ninguna nueva. Inicie sesión como de costumbre. Si ha olvidado su contraseña, puede elegir \
               aquí una nueva.",
        action: "Elegir una nueva contraseña",
        validity: "Su contraseña no cambia hasta que elija una nueva.",
        unasked: "¿No ha sido usted? Entonces puede ignorar este correo: nada ha cambiado en su cuenta.",
    },
    second_factor_notice: Message {
        title: "Su segundo factor ha cambiado",
        lead: "El segundo factor de su cuenta ha cambiado: se ha activado, desactivado o restablecido.",
        action: "",
        validity: "Si ha sido usted, no tiene que hacer nada.",
        unasked: "¿No ha sido usted? Elija enseguida una nueva contraseña y póngase en contacto con los responsables del servicio.",
    },
    lockout_notice: Message {
        title: "Estamos protegiendo su cuenta",
        lead: "Alguien ha introducido muchas contraseñas incorrectas para su cuenta. Para protegerla, ahora solo aceptamos inicios de \
               sesión desde lugares en los que usted ya ha iniciado sesión. Si no puede entrar, elija una nueva contraseña.",
        action: "Elegir una nueva contraseña",
        validity: "La protección sigue activa hasta que elija una nueva contraseña. Puede hacerlo en cualquier momento.",
        unasked: "¿No ha sido usted y puede seguir iniciando sesión? Entonces puede ignorar este correo: su contraseña no cambia.",
    },
};

const ACTIVATION: Message = Message {
    title: "Confirme su dirección de correo",
    lead: "Le damos la bienvenida. Confirme, por favor, que esta dirección de correo es suya. Después podrá usar su cuenta.",
    action: "Confirmar la dirección",
    validity: "El enlace es válido durante 24 horas y funciona una sola vez.",
    unasked: "¿No se ha registrado usted? Entonces puede ignorar este correo.",
};

const PASSWORD_RESET: Message = Message {
    title: "Elija una nueva contraseña",
    lead: "Ha solicitado restablecer su contraseña. Aquí puede elegir una nueva.",
    action: "Elegir una nueva contraseña",
    validity: "El enlace es válido durante 1 hora y funciona una sola vez.",
    unasked: "¿No lo ha solicitado? Entonces puede ignorar este correo: su contraseña no cambia.",
};
