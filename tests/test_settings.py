"""A wrong value stops start-up with one plain sentence that does not show the value."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

from leadportal import environment
from leadportal.bootstrap import BASE

CANARY = "canary-7f3a"
GOOD = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PORTAL_AUDIT_KEY": "only-for-tests-zyxwvutsrqponmlkjihgfedcba-9876543210",
    "PORTAL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}

#: A bad environment each: what is wrong with it, and the name the sentence must hold. None takes a name away.
BAD: dict[str, tuple[dict[str, str | None], str]] = {
    "SECRET_KEY missing": ({"SECRET_KEY": None}, "SECRET_KEY"),
    "SECRET_KEY empty": ({"SECRET_KEY": ""}, "SECRET_KEY"),
    "SECRET_KEY short": ({"SECRET_KEY": CANARY}, "SECRET_KEY"),
    "PORTAL_AUDIT_KEY missing": ({"PORTAL_AUDIT_KEY": None}, "PORTAL_AUDIT_KEY"),
    "PORTAL_AUDIT_KEY short": ({"PORTAL_AUDIT_KEY": CANARY}, "PORTAL_AUDIT_KEY"),
    "PORTAL_ENCRYPTION_KEYS missing": ({"PORTAL_ENCRYPTION_KEYS": None}, "PORTAL_ENCRYPTION_KEYS"),
    "PORTAL_ENCRYPTION_KEYS empty": ({"PORTAL_ENCRYPTION_KEYS": " , "}, "PORTAL_ENCRYPTION_KEYS"),
    "PORTAL_ENCRYPTION_KEYS bad": ({"PORTAL_ENCRYPTION_KEYS": CANARY}, "PORTAL_ENCRYPTION_KEYS"),
    "second key bad": (
        {"PORTAL_ENCRYPTION_KEYS": f"{GOOD['PORTAL_ENCRYPTION_KEYS']},{CANARY}é"},
        "Key 2 in PORTAL_ENCRYPTION_KEYS",
    ),
    "secret file missing": ({"SECRET_KEY": None, "SECRET_KEY_FILE": f"/{CANARY}/no/such"}, "SECRET_KEY_FILE"),
    "secret file is a folder": ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/"}, "SECRET_KEY_FILE"),
    "secret file is no text": ({"SECRET_KEY": None, "SECRET_KEY_FILE": sys.executable}, "SECRET_KEY_FILE"),
    "PORTAL_URL with a path": ({"PORTAL_URL": f"https://x.example/{CANARY}"}, "PORTAL_URL"),
    "PORTAL_URL without a scheme": ({"PORTAL_URL": f"{CANARY}.example"}, "PORTAL_URL"),
    "PORTAL_URL without a host": ({"PORTAL_URL": "https://"}, "PORTAL_URL"),
    "PORTAL_URL of another kind": ({"PORTAL_URL": f"ftp://{CANARY}.example"}, "PORTAL_URL"),
    "PORTAL_URL with a user": ({"PORTAL_URL": f"https://u:{CANARY}@x.example"}, "PORTAL_URL"),
    "PORTAL_URL with a password": ({"PORTAL_URL": f"https://:{CANARY}@x.example"}, "PORTAL_URL"),
    "PORTAL_URL with a query": ({"PORTAL_URL": f"https://x.example?{CANARY}"}, "PORTAL_URL"),
    "PORTAL_URL with a fragment": ({"PORTAL_URL": f"https://x.example#{CANARY}"}, "PORTAL_URL"),
    "PORTAL_URL with a bad port": ({"PORTAL_URL": "https://x.example:99999"}, "PORTAL_URL"),
    "PORTAL_URL with a space": ({"PORTAL_URL": f"https://x.example {CANARY}"}, "PORTAL_URL"),
    "DEBUG for everyone": ({"DEBUG": "true", "PORTAL_URL": f"https://{CANARY}.example"}, "DEBUG"),
    "DEBUG is a word": ({"DEBUG": CANARY}, "DEBUG"),
    "BREAKCOLD_SEND_OWN_ID is a word": ({"BREAKCOLD_SEND_OWN_ID": CANARY}, "BREAKCOLD_SEND_OWN_ID"),
    "timeout is a word": ({"BREAKCOLD_TIMEOUT_SECONDS": CANARY}, "BREAKCOLD_TIMEOUT_SECONDS"),
    "timeout is zero": ({"BREAKCOLD_TIMEOUT_SECONDS": "0"}, "BREAKCOLD_TIMEOUT_SECONDS"),
    "timeout is longer than a lease": ({"BREAKCOLD_TIMEOUT_SECONDS": "61"}, "BREAKCOLD_TIMEOUT_SECONDS"),
    "timeout is no number": ({"BREAKCOLD_TIMEOUT_SECONDS": "nan"}, "BREAKCOLD_TIMEOUT_SECONDS"),
    "timeout never ends": ({"BREAKCOLD_TIMEOUT_SECONDS": "inf"}, "BREAKCOLD_TIMEOUT_SECONDS"),
    "database of another kind": ({"DATABASE_URL": f"mysql://u:{CANARY}@x/y"}, "DATABASE_URL"),
    "database of no kind": ({"DATABASE_URL": f"foo://u:{CANARY}@x/y"}, "DATABASE_URL"),
    "database is a word": ({"DATABASE_URL": CANARY}, "DATABASE_URL"),
    "database with a bad port": ({"DATABASE_URL": f"postgres://u:{CANARY}@x:port/y"}, "DATABASE_URL"),
    "queue of no kind": ({"PORTAL_QUEUE": CANARY}, "PORTAL_QUEUE"),
    "redis without an address": ({"PORTAL_QUEUE": "redis"}, "REDIS_URL"),
    "redis of no kind": ({"REDIS_URL": f"http://:{CANARY}@x:6379/0"}, "REDIS_URL"),
    "redis without a host": ({"REDIS_URL": f"redis:///{CANARY}"}, "REDIS_URL"),
    "redis with a bad port": ({"REDIS_URL": f"redis://:{CANARY}@x:port/0"}, "REDIS_URL"),
    "redis with a named database": ({"REDIS_URL": f"redis://x/{CANARY}"}, "REDIS_URL"),
    "redis with options": ({"REDIS_URL": f"redis://x/0?password={CANARY}"}, "REDIS_URL"),
    "origin without a scheme": ({"CSRF_TRUSTED_ORIGINS": f"{CANARY}.example"}, "CSRF_TRUSTED_ORIGINS"),
    "metrics token is short": ({"PORTAL_METRICS_TOKEN": CANARY}, "PORTAL_METRICS_TOKEN"),
    "logs of no kind": ({"PORTAL_LOG_FORMAT": CANARY}, "PORTAL_LOG_FORMAT"),
    "sentry without a key": ({"SENTRY_DSN": f"https://{CANARY}.example/1"}, "SENTRY_DSN"),
    "sentry without a number": ({"SENTRY_DSN": f"https://{CANARY}@x.example/"}, "SENTRY_DSN"),
    "sentry in the open": ({"SENTRY_DSN": f"http://{CANARY}@x.example/1"}, "SENTRY_DSN"),
    "sentry is a word": ({"SENTRY_DSN": CANARY}, "SENTRY_DSN"),
    "mail server of no kind": ({"EMAIL_URL": f"foo://u:{CANARY}@x"}, "EMAIL_URL"),
    "mail server is a word": ({"EMAIL_URL": CANARY}, "EMAIL_URL"),
    "mail server with a bad port": ({"EMAIL_URL": f"smtp://u:{CANARY}@x:port"}, "EMAIL_URL"),
}

OIDC = {"OIDC_ISSUER": "https://login.example.com", "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": CANARY}
BAD |= {
    "issuer without a client": ({"OIDC_ISSUER": OIDC["OIDC_ISSUER"]}, "OIDC_CLIENT_ID"),
    "client without an issuer": ({**OIDC, "OIDC_ISSUER": None}, "OIDC_ISSUER"),
    "client without a secret": ({**OIDC, "OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
    "client secret file missing": (
        {**OIDC, "OIDC_CLIENT_SECRET": None, "OIDC_CLIENT_SECRET_FILE": f"/{CANARY}/no/such"},
        "OIDC_CLIENT_SECRET_FILE",
    ),
    "long name of a provider": ({**OIDC, "OIDC_NAME": CANARY * 5}, "OIDC_NAME"),
    "linking by a word": ({**OIDC, "OIDC_LINK_BY_EMAIL": CANARY}, "OIDC_LINK_BY_EMAIL"),
    "certificates missing": ({**OIDC, "OIDC_CA_BUNDLE": f"/{CANARY}/no/such"}, "OIDC_CA_BUNDLE"),
    "certificates in a folder": ({**OIDC, "OIDC_CA_BUNDLE": "/"}, "OIDC_CA_BUNDLE"),
}
for what, url in {
    "plain http": "http://login.example.com",
    "no scheme": "login.example.com",
    "another scheme": "ftp://login.example.com",
    "no host": "https:///realms/work",
    "user": f"https://{CANARY}@login.example.com",
    "query": f"https://login.example.com/?{CANARY}",
    "empty fragment": "https://login.example.com/#",
    "space": f"https://login.example.com/{CANARY} x",
    "bad port": "https://login.example.com:port",
    "letters of another alphabet": "https://l\u043egin.example.com",
}.items():
    BAD[f"issuer: {what}"] = ({**OIDC, "OIDC_ISSUER": url}, "OIDC_ISSUER")
for what, rows in {
    "no team": CANARY,
    "no group": "=brewers:member",
    "no role": f"{CANARY}=brewers",
    "unknown role": f"{CANARY}=brewers:owner",
    "role in capitals": f"{CANARY}=brewers:Admin",
    "no short name of a team": f"{CANARY}=The Brewers:member",
    "a comma in a group": "CN=Sales,OU=Work=brewers:member",
    "two roles": f"{CANARY}=brewers:member,{CANARY}=brewers:admin",
}.items():
    BAD[f"groups: {what}"] = ({"OIDC_GROUPS": rows}, "OIDC_GROUPS")

BAD_BREAKCOLD_URLS = {
    "plain http": "http://api.breakcold.com/rest",
    "plain http to a host like this one": "http://localhost.example.com/rest",
    "plain http to a neighbour": "http://192.168.0.7/rest",
    "no scheme": "api.breakcold.com/rest",
    "another scheme": "ftp://api.breakcold.com/rest",
    "no host": "https:///rest",
    "user": f"https://{CANARY}@api.breakcold.com/rest",
    "password": f"https://:{CANARY}@api.breakcold.com/rest",
    "user and password": f"https://u:{CANARY}@api.breakcold.com/rest",
    "empty user": "https://@api.breakcold.com/rest",
    "backslash": "https://api.breakcold.com\\@x.example/rest",
    "query": f"https://api.breakcold.com/rest?key={CANARY}",
    "empty query": "https://api.breakcold.com/rest?",
    "fragment": f"https://api.breakcold.com/rest#{CANARY}",
    "empty fragment": "https://api.breakcold.com/rest#",
    "trailing dot": "https://api.breakcold.com./rest",
    "wildcard": "https://*.breakcold.com/rest",
    "unicode host": "https://api.brеakcold.com/rest",
    "percent in the host": "https://api.breakcold%2ecom/rest",
    "tab in the host": "https://api.break\tcold.com/rest",
    "line end": "https://api.breakcold.com/rest\nX: y",
    "space": "https://api.breakcold.com/re st",
    "bad port": "https://api.breakcold.com:port/rest",
    "port out of range": "https://api.breakcold.com:70000/rest",
    "bad brackets": "https://[::1/rest",
}
for what, url in BAD_BREAKCOLD_URLS.items():
    BAD[f"Breakcold: {what}"] = ({"BREAKCOLD_BASE_URL": url}, "BREAKCOLD_BASE_URL")


def clean_environment(data_dir: Path, **changes: str | None) -> dict[str, str]:
    wanted = {"PORTAL_DATA_DIR": str(data_dir), "PATH": os.environ["PATH"], "HOME": str(data_dir), **GOOD, **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def boot(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A real start of ``manage.py``, by this interpreter and not by the one of ``.venv``."""
    code = "import sys, manage; from leadportal import bootstrap; bootstrap.enter = lambda a: None; manage.main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=BASE, env=environ, capture_output=True, text=True, timeout=60)


def is_one_sentence(text: str) -> bool:
    return re.fullmatch(r"[A-Z][^\n]+\.\n", text) is not None


LOAD = """
import json, os, sys
from django.core.exceptions import ImproperlyConfigured
import importlib
for name, environ in json.load(sys.stdin).items():
    os.environ.clear()
    os.environ.update(environ)
    for module in [name for name in sys.modules if name.startswith("leadportal.")]:
        del sys.modules[module]
    try:
        importlib.import_module("leadportal.settings")
        said = "OK"
    except ImproperlyConfigured as error:
        said = str(error)
    except Exception as error:
        said = f"traceback {type(error).__name__}: {error}"
    print(json.dumps([name, said]), flush=True)
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the settings say to every bad environment; one process reads them all, each from nothing."""
    folder = tmp_path_factory.mktemp("data")
    asked = {name: clean_environment(folder, **changes) for name, (changes, _) in BAD.items()}
    answer = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=BASE, input=json.dumps(asked), capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(line) for line in answer.stdout.splitlines())


@pytest.mark.parametrize("what", BAD)
def test_it_refuses_a_wrong_value_in_one_sentence(what: str, refusals: dict[str, str]) -> None:
    said = refusals[what]
    assert BAD[what][1] in said
    assert is_one_sentence(f"{said}\n") or said.count(". ") == 1, said
    assert not said.startswith(("OK", "traceback"))
    assert CANARY not in said


SAMPLES = [
    "SECRET_KEY missing",
    "PORTAL_ENCRYPTION_KEYS bad",
    "DEBUG for everyone",
    "Breakcold: user",
    "database of no kind",
]


def test_it_ends_a_real_start_with_the_sentence_alone(tmp_path: Path) -> None:
    environs = [clean_environment(tmp_path, **BAD[name][0]) for name in SAMPLES]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda environ: boot(environ, "check"), environs))
    assert [answer.returncode for answer in answers] == [1] * len(SAMPLES)
    assert [answer.stdout for answer in answers] == [""] * len(SAMPLES)
    for answer in answers:
        assert len(answer.stderr.splitlines()) == 1
        assert CANARY not in answer.stderr and "Traceback" not in answer.stderr


def test_it_ends_a_command_of_our_own_with_the_sentence_too(tmp_path: Path) -> None:
    answer = boot(clean_environment(tmp_path, SECRET_KEY=CANARY), "worker")
    assert (answer.returncode, answer.stderr) == (
        1,
        "SECRET_KEY is too short: it needs at least 32 random characters.\n",
    )


def test_it_finds_nothing_to_warn_of_behind_https(tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, PORTAL_URL="https://portal.example.com")
    answer = boot(environ, "check", "--deploy", "--fail-level", "WARNING")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_it_says_when_the_data_folder_cannot_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    answer = boot(clean_environment(file), "check")
    assert answer.returncode == 1
    assert f"PORTAL_DATA_DIR ({file}) cannot be written to." in answer.stderr


# Good values


def settings_of(environ: dict[str, str], *names: str) -> list[Any]:
    code = f"import json; from leadportal import settings; print(json.dumps([getattr(settings, n) for n in {names!r}]))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=BASE, env=environ, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_it_turns_on_everything_https_allows_whatever_the_case(tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, PORTAL_URL="HTTPS://Portal.Example.com/")
    names = ("PORTAL_URL", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "CSRF_TRUSTED_ORIGINS")
    url = "https://portal.example.com"
    assert settings_of(environ, *names) == [url, True, True, True, [url]]


def test_it_takes_secrets_from_the_data_folder_and_keeps_them_out_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in GOOD.items()))
    environ = clean_environment(tmp_path, **dict.fromkeys(GOOD))
    assert settings_of(environ, "SECRET_KEY", "PORTAL_AUDIT_KEY") == [GOOD["SECRET_KEY"], GOOD["PORTAL_AUDIT_KEY"]]
    code = "import os; from leadportal import settings; print(' '.join(os.environ.values()))"
    seen = subprocess.run([sys.executable, "-c", code], cwd=BASE, env=environ, capture_output=True, text=True).stdout
    assert not [name for name, value in GOOD.items() if value in seen]


def test_it_prefers_the_environment_to_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"SECRET_KEY={'z' * 50}\n")
    assert settings_of(clean_environment(tmp_path), "SECRET_KEY") == [GOOD["SECRET_KEY"]]


def test_it_takes_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{'f' * 50}\n")
    (tmp_path / "secrets.env").write_text(f"SECRET_KEY={'z' * 50}\n")
    environ = clean_environment(tmp_path, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert settings_of(environ, "SECRET_KEY") == ["f" * 50]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the environment that ``leadportal.environment`` reads."""
    monkeypatch.setattr(environment, "_env", FileAwareEnv(strip_whitespace=True))
    return lambda **values: [monkeypatch.setenv(name, value) for name, value in values.items()]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.breakcold.com/rest", "https://api.breakcold.com/rest"),
        ("https://api.breakcold.com/rest/", "https://api.breakcold.com/rest"),
        ("https://api.breakcold.com", "https://api.breakcold.com/rest"),
        ("https://api.breakcold.com:8443/v2", "https://api.breakcold.com:8443/v2"),
        ("https://eu.api.breakcold.com/rest", "https://eu.api.breakcold.com/rest"),
        ("http://127.0.0.1:8001/rest", "http://127.0.0.1:8001/rest"),
        ("http://localhost:8001", "http://localhost:8001/rest"),
        ("http://[::1]:8001/rest", "http://[::1]:8001/rest"),
    ],
)
def test_it_takes_a_plain_address_of_breakcold(url: str, kept: str, given: Callable[..., None]) -> None:
    given(BREAKCOLD_BASE_URL=url)
    assert environment.breakcolds_own_url("BREAKCOLD_BASE_URL", "") == kept


#: Hosts that are not Breakcold, although somebody could take each for it, or for something harmless.
OTHER_HOSTS = [
    "api.breakcod.com", "api.breakcold.co", "api.breakcold.com.evil.example", "apibreakcold.com", "breakcold.com.",
    "api-breakcold.com", "breakcold.com.example", "xbreakcold.com", "api.breakcold.cm", "api.breakc0ld.com",
    "evil.example", "api.bre\u0430kcold.com", "xn--api.brekcold-x8h.com", "api.breakcold\u3002com",
    "api.breakcold.com\u2024evil.example", "api.breakcold.com%2eevil.example", "api.breakcold.com%00.evil.example",
    "2130706433", "0x7f000001", "017700000001", "127.1", "0", "127.0.0.1.nip.io", "localhost.evil.example",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[::]", "169.254.169.254", "10.0.0.1", "192.168.0.1",
    "metadata.google.internal", "0.0.0.0", "api.breakcold.com\\.evil.example", "api.breakcold.com,evil.example",
    "api.breakcold.com;evil.example", "-breakcold.com.evil", "api..breakcold.com.evil",
]  # fmt: skip
SHAPES = ["https://{}/rest", "http://{}/rest", "https://api.breakcold.com@{}/rest", "https://{}:443", "//{}/rest"]


def test_it_sends_keys_nowhere_but_to_breakcold(given: Callable[..., None]) -> None:
    """A misspelt host, one that looks the same, an address inside, a user before the host: refused at the start."""
    tricks = [shape.format(host) for host in OTHER_HOSTS for shape in SHAPES]
    assert len(tricks) >= 120
    for url in tricks:
        given(BREAKCOLD_BASE_URL=url)
        with pytest.raises(ImproperlyConfigured, match=r"^BREAKCOLD_BASE_URL (must|is not)") as refused:
            environment.breakcolds_own_url("BREAKCOLD_BASE_URL", "")
        assert str(refused.value).count("\n") == 0, url


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", ()),
        (" , ", ()),
        ("sales=brewers:member", (("sales", "brewers", "member"),)),
        (" sales = brewers:member , ", (("sales", "brewers", "member"),)),
        ("a=x:member,a=y:admin", (("a", "x", "member"), ("a", "y", "admin"))),
        ("a=x:member,b=x:admin", (("a", "x", "member"), ("b", "x", "admin"))),
        ("a=x:member,a=x:member", (("a", "x", "member"),)),
        ("/Work/Sales team=x:reviewer", (("/Work/Sales team", "x", "reviewer"),)),
        ("CN=Sales%2COU=Work=x:admin", (("CN=Sales,OU=Work", "x", "admin"),)),
        ("100%25:ers=x:admin", (("100%:ers", "x", "admin"),)),
    ],
)
def test_it_reads_which_group_gives_what(text: str, rows: tuple[Any, ...], given: Callable[..., None]) -> None:
    given(OIDC_GROUPS=text)
    assert environment.group_mapping("OIDC_GROUPS") == rows


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://x.auth0.com/",
        "https://login.example.com:8443/realms/work",
        "http://127.0.0.1:9000",
        "http://[::1]:9",
    ],
)
def test_it_keeps_an_issuer_to_the_letter(url: str, given: Callable[..., None]) -> None:
    given(OIDC_ISSUER=url)
    assert environment.issuer_url("OIDC_ISSUER") == url


def test_it_takes_the_provider_s_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{CANARY}\n")
    changes = {**OIDC, "OIDC_CLIENT_SECRET": None, "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    names = ("OIDC_CLIENT_SECRET", "OIDC_NAME", "OIDC_GROUPS_CLAIM", "OIDC_LINK_BY_EMAIL")
    found = settings_of(clean_environment(tmp_path, **changes), *names)
    assert found == [CANARY, "your company account", "groups", False]


def test_it_finds_the_sandbox_where_up_left_it(tmp_path: Path) -> None:
    assert environment.sandbox_url(tmp_path) == environment.DEFAULT_SANDBOX_URL
    (tmp_path / "sandbox.url").write_text("http://127.0.0.1:9999/rest\n")
    assert environment.sandbox_url(tmp_path) == "http://127.0.0.1:9999/rest"


def test_it_reads_several_encryption_keys(given: Callable[..., None]) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    given(PORTAL_ENCRYPTION_KEYS=f" {keys[0]} ,{keys[1]}, ")
    assert environment.encryption_keys() == keys


def test_it_hides_the_cause_of_a_refusal(given: Callable[..., None]) -> None:
    given(DEBUG=CANARY)
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.read("bool", "DEBUG", False)
    assert caught.value.__suppress_context__
