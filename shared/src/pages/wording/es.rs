//! The hosted pages in Spanish.

use super::{Outcomes, Page, ResetErrors, Wording};

pub(super) const WORDING: Wording = Wording {
    email: "Correo electrónico",
    activate: Page {
        title: "Confirme su dirección de correo",
        text: "Un solo clic y su cuenta estará lista.",
    },
    activate_button: "Confirmar la dirección",
    activate_failed: Page {
        title: "Este enlace ya no es válido",
        text: "Ya se ha utilizado, ha sido sustituido por otro más reciente o tiene más de 24 horas. Si su dirección ya está \
               confirmada, puede iniciar sesión sin más. De lo contrario, con gusto le enviaremos un nuevo enlace.",
    },
    resend_title: "¿Necesita un nuevo enlace?",
    resend_button: "Enviar de nuevo",
    new_link: "Obtener un nuevo enlace",
    forgot: Page {
        title: "¿Ha olvidado su contraseña?",
        text: "Introduzca su correo electrónico y le enviaremos un enlace para elegir una nueva contraseña.",
    },
    forgot_button: "Enviar enlace",
    reset: Page {
        title: "Elija una nueva contraseña",
        text: "Su nueva contraseña será válida de inmediato. Se cerrará su sesión en todos los dispositivos.",
    },
    reset_failed: Page {
        title: "Este enlace ya no es válido",
        text: "Ya se ha utilizado, ha sido sustituido por otro más reciente o tiene más de 1 hora.",
    },
    reset_failed_day: Page {
        title: "Este enlace ya no es válido",
        text: "Ya se ha utilizado, ha sido sustituido por otro más reciente o tiene más de 24 horas.",
    },
    reset_failed_email: "Introduzca su correo electrónico y le enviaremos uno nuevo.",
    password: "Nueva contraseña",
    password_again: "Repita la nueva contraseña",
    password_hint: "Al menos 8 caracteres. Varias palabras sin relación entre sí forman una buena contraseña.",
    password_hint_kinds: "Al menos 8 caracteres, entre ellos una mayúscula, una minúscula, una cifra y uno de los signos #?!@$%^&*-",
    reset_button: "Guardar contraseña",
    reset_error: ResetErrors {
        too_short: "Esta contraseña es demasiado corta. Utilice al menos 8 caracteres.",
        too_common: "Esta contraseña es demasiado fácil de adivinar. Elija otra, por favor.",
        too_long: "Esta contraseña es demasiado larga. Elija una más corta.",
        unchanged: "Esta es su contraseña actual. Elija otra, por favor.",
        kinds_missing: "Esta contraseña necesita mayúsculas y minúsculas, una cifra y uno de los signos #?!@$%^&*-",
        recent: "Esta es una de sus últimas cinco contraseñas. Elija otra, por favor.",
        different: "Las dos contraseñas no coinciden. Introduzca dos veces la misma.",
    },
    outcome: Outcomes {
        activated: Page {
            title: "Su dirección está confirmada",
            text: "¡Gracias! Puede cerrar esta página e iniciar sesión.",
        },
        resend_done: Page {
            title: "Revise su correo",
            text: "Si hay una cuenta con esta dirección pendiente de confirmar, un correo con un nuevo enlace está en camino. \
                   Puede tardar unos minutos; mire también en la carpeta de correo no deseado.",
        },
        forgot_done: Page {
            title: "Revise su correo",
            text: "Si existe una cuenta con esta dirección, un correo con un enlace está en camino. El enlace es válido durante \
                   1 hora. Puede tardar unos minutos; mire también en la carpeta de correo no deseado.",
        },
        reset_done: Page {
            title: "Su contraseña se ha guardado",
            text: "Puede cerrar esta página e iniciar sesión con su nueva contraseña.",
        },
        not_found: Page {
            title: "Página no encontrada",
            text: "No hay nada en esta dirección. Compruebe que el enlace esté completo.",
        },
        bad_request: Page {
            title: "No ha funcionado",
            text: "Faltaba algo en la solicitud o no era correcto. Vuelva atrás, revise los datos e inténtelo de nuevo.",
        },
        too_many: Page {
            title: "Una breve pausa, por favor",
            text: "Ha habido demasiados intentos en poco tiempo. Espere un poco e inténtelo de nuevo.",
        },
        unavailable: Page {
            title: "Volvemos enseguida",
            text: "El servicio no está disponible en este momento. Inténtelo de nuevo dentro de unos minutos.",
        },
        internal: Page {
            title: "Algo ha salido mal",
            text: "El error es nuestro, no suyo. Inténtelo de nuevo dentro de unos minutos.",
        },
    },
};
