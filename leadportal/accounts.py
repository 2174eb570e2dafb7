"""The part of the settings that says how people sign in, and that no operator has to set."""

AUTH_USER_MODEL = "leads.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they name leads: not into a cookie
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "leads.views.account.PortalAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers cannot have the portal write to anybody
ACCOUNT_SESSION_REMEMBER = False  # closing the browser ends it; other limits: SESSION_*
#: Tries by account, where browsers that it knows count for themselves; and from others also by where they come from,
#: wide enough for one office behind one address.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/10m/key,60/3h/key,200/d/key"}
STRANGER_RATE_LIMITS = {"login_failed": f"30/m/ip,{ACCOUNT_RATE_LIMITS['login_failed']}"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Lead portal] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {"reset_password": "leads.views.password_reset.ResetForm"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds that a sign-in, or a confirmation, is recent

# --- The second factor ------------------------------------------------------------------------------------------------
MFA_ADAPTER = "leads.views.second_factor.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_TOTP_ISSUER = "Lead portal"
MFA_TOTP_TOLERANCE = 1  # clocks differ; no code works twice all the same
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up here, so nobody can take an address before its owner does
MFA_FORMS = {
    "authenticate": "leads.views.second_factor.CodeForm",
    "reauthenticate": "leads.views.second_factor.ConfirmCodeForm",
    "add_webauthn": "leads.views.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "leads.views.second_factor.PasskeyForm",
    "login_webauthn": "leads.views.second_factor.PasskeySignInForm",
    "reauthenticate_webauthn": "leads.views.second_factor.ConfirmPasskeyForm",
}
