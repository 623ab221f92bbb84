//! The hosted pages in Spanish.

use super::{
    Authenticator, Navigation, Notices, Outcomes, Page, Profile, RecoveryCodes, ResetErrors,
    Security, Sessions, SignIn, SignUp, Wording,
};

pub(super) const WORDING: Wording = Wording {
    own_name: "Español",
    email: "Correo electrónico",
    invalid_email: "No podemos usar esta dirección de correo. Compruébela, por favor.",
    first_name: "Nombre",
    last_name: "Apellidos",
    name_too_long: "Este nombre es demasiado largo. Use 128 caracteres como máximo.",
    save: "Guardar",
    remove: "Eliminar",
    sign_in: SIGN_IN,
    sign_up: SignUp {
        page: Page {
            title: "Crear una cuenta",
            text: "Solo lleva un minuto. Le enviaremos un mensaje para confirmar su dirección.",
        },
        button: "Crear cuenta",
        have_account: "Ya tengo una cuenta",
        email_taken: "Esta dirección de correo ya tiene una cuenta. Inicie sesión con ella.",
    },
    navigation: Navigation {
        skip: "Ir al contenido",
        label: "Cuenta",
        profile: "Perfil",
        security: "Seguridad",
        sessions: "Sesiones",
        sign_out: "Cerrar sesión",
    },
    profile: PROFILE,
    security: SECURITY,
    authenticator: Authenticator {
        page: Page {
            title: "Configurar una aplicación de autenticación",
            text: "Escanee esta imagen con su aplicación de autenticación e introduzca después el código que muestra.",
        },
        picture: "Código QR para su aplicación de autenticación",
        by_hand: "Si no puede escanearlo, escriba esta clave en la aplicación:",
        button: "Activar",
        cancel: "Cancelar",
    },
    recovery_codes: RecoveryCodes {
        page: Page {
            title: "Guarde estos códigos de recuperación",
            text: "Cada uno sustituye una vez a su aplicación de autenticación. Imprímalos o guárdelos en un lugar seguro: no podremos mostrarlos otra vez.",
        },
        done: "Ya los he guardado",
    },
    sessions: SESSIONS,
    notices: Notices {
        saved: "Guardado.",
        password_changed: "Su contraseña ha cambiado. Se ha cerrado la sesión en todos los demás sitios.",
        email_sent: "Consulte el buzón de su nueva dirección: el cambio se aplica cuando haya abierto el enlace de nuestro mensaje.",
        factor_on: "La aplicación de autenticación está activada. Se ha cerrado la sesión en todos los demás sitios.",
        factor_off: "La aplicación de autenticación está desactivada. Se ha cerrado la sesión en todos los demás sitios.",
        session_ended: "La sesión se ha cerrado.",
        sessions_ended: "Se ha cerrado la sesión en todos los demás sitios.",
    },
    confirm_email: Page {
        title: "Usar esta dirección de correo",
        text: "Un clic y su cuenta usará esta dirección. Se cerrará la sesión en todas partes y la iniciará de nuevo con ella.",
    },
    activate: Page {
        title: "Confirme su dirección de correo",
        text: "Un solo clic y su cuenta estará lista.",
    },
    activate_button: "Confirmar la dirección",
    activate_failed: Page {
        title: "Este enlace ya no es válido",
        text: "Ya se ha utilizado, ha sido sustituido por otro más reciente o ha caducado. Si su dirección ya está \
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
        text: "Ya se ha usado, se ha sustituido por uno más reciente o ha caducado.",
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
        email_changed: Page {
            title: "Su dirección de correo ha cambiado",
            text: "A partir de ahora, inicie sesión con su nueva dirección.",
        },
        link_over: Page {
            title: "Este enlace ya no es válido",
            text: "Ya se ha usado, se ha sustituido por uno más reciente o ha caducado. Puede pedir uno nuevo en la página de seguridad de su cuenta.",
        },
        sign_up_done: Page {
            title: "Consulte su buzón",
            text: "Le hemos enviado un mensaje. Abra el enlace que contiene para confirmar su dirección; puede tardar unos minutos, y mire también en la carpeta de correo no deseado.",
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
            text: "Algo en la solicitud faltaba, no era correcto o estaba anticuado. Vuelva atrás, cargue la página de nuevo e inténtelo otra vez.",
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

const SIGN_IN: SignIn = SignIn {
    page: Page {
        title: "Iniciar sesión",
        text: "Nos alegra verle de nuevo.",
    },
    new_password: Page {
        title: "Elija una contraseña nueva",
        text: "Antes de continuar, sustituya su contraseña por otra que solo usted conozca.",
    },
    code_of_authenticator: Page {
        title: "Introduzca su código",
        text: "Abra su aplicación de autenticación e introduzca los seis dígitos que muestra, o use uno de sus códigos de recuperación.",
    },
    code_by_sms: Page {
        title: "Introduzca su código",
        text: "Le hemos enviado un código por SMS.",
    },
    code_by_email: Page {
        title: "Introduzca su código",
        text: "Le hemos enviado un código por correo electrónico.",
    },
    password: "Contraseña",
    button: "Iniciar sesión",
    forgot: "¿Ha olvidado su contraseña?",
    sign_up: "Crear una cuenta",
    link: "Volver al inicio de sesión",
    code: "Código",
    resend: "Enviar el código otra vez",
    resent: "El código está de nuevo en camino.",
    start_over: "Empezar de nuevo",
    signed_up: "Su cuenta está lista. Inicie sesión.",
    signed_out: "Ha cerrado la sesión.",
    deleted: "Su cuenta ha sido eliminada.",
    wrong: "La dirección de correo o la contraseña no es correcta. Inténtelo de nuevo.",
    not_activated: "Confirme primero su dirección de correo: abra el enlace del mensaje que le hemos enviado.",
    suspended: "Esta cuenta está suspendida. Póngase en contacto con los responsables del servicio.",
    over: "El tiempo para introducir el código ha terminado o hubo demasiados intentos. Inicie sesión de nuevo.",
    wrong_code: "Este código no es correcto o ya se ha usado. Introduzca uno nuevo.",
    too_soon: "Se acaba de enviar un código. Espere medio minuto antes de pedir otro.",
};

const PROFILE: Profile = Profile {
    page: Page {
        title: "Su perfil",
        text: "Lo que otros pueden ver de usted y el idioma en el que le escribimos.",
    },
    picture: "Imagen",
    your_picture: "Su imagen",
    choose_picture: "Elija una imagen",
    picture_hint: "PNG, JPEG, GIF o WebP, 2 MB como máximo. Se reduce a 256 píxeles.",
    upload: "Subir",
    remove_picture: "Eliminar imagen",
    bad_picture: "Este archivo no es una imagen que podamos usar. Elija un PNG, JPEG, GIF o WebP de 2 MB como máximo.",
    details: "Nombre e idioma",
    language: "Idioma",
    attributes: "Atributos",
    attributes_text: "Datos breves que las aplicaciones guardan sobre usted, cada uno con un nombre.",
    key: "Denominación",
    text: "Valor",
    add: "Añadir",
    bad_attribute: "Una denominación tiene de 1 a 128 caracteres y un valor 4096 como máximo. Acorte el texto.",
    attributes_full: "No queda espacio. Elimine algo primero.",
};

const SECURITY: Security = Security {
    page: Page {
        title: "Seguridad",
        text: "Cómo inicia sesión y cómo recupera el acceso.",
    },
    change_password: "Cambiar la contraseña",
    change_password_text: "Aquí seguirá con la sesión abierta; en todos los demás sitios se cerrará.",
    present_password: "Contraseña actual",
    wrong_password: "La contraseña actual no es correcta. Inténtelo de nuevo.",
    email_text: "Su dirección de correo es",
    new_email: "Nueva dirección de correo",
    change_email: "Cambiar la dirección de correo",
    factor: "Inicio de sesión en dos pasos",
    factor_off: "Desactivado. Con una aplicación de autenticación, nadie entra solo con su contraseña.",
    factor_on: "Activado: después de la contraseña pedimos un código de su aplicación de autenticación.",
    factor_sms: "Activado: después de la contraseña le enviamos un código por SMS.",
    factor_email: "Activado: después de la contraseña le enviamos un código por correo electrónico.",
    add_factor: "Configurar una aplicación de autenticación",
    remove_factor: "Desactivar la aplicación de autenticación",
    code_or_recovery: "Código o código de recuperación",
    delete: "Eliminar la cuenta",
    delete_text: "Se eliminan su cuenta y todo lo que le pertenece, de inmediato y para siempre.",
    delete_button: "Eliminar mi cuenta",
    last_root: "Esta cuenta es la última de su clase y no se puede eliminar hasta que haya otra con el rol root.",
};

const SESSIONS: Sessions = Sessions {
    page: Page {
        title: "Sesiones",
        text: "Dónde tiene la sesión abierta.",
    },
    account_pages: "Páginas de la cuenta",
    website: "Sitio web",
    app: "Aplicación",
    present: "Esta sesión",
    signed_in: "Inicio el",
    used: "Último uso el",
    end: "Cerrar",
    others: "En todos los demás sitios",
    others_text: "Cierra a la vez todas sus otras sesiones. Aquí seguirá con la sesión abierta.",
    end_others: "Cerrar todas las demás",
};
