"""Secrets as they are kept: keys and sessions by SHA-256 (they hold 256 random bits), passwords by scrypt."""

import base64
import hashlib
import hmac

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1  # 32 MB and about 0.1 s: what OWASP asks for at p = 3 / 2**15
_MAX_MEMORY = 64 * 1024 * 1024
MIN_PASSWORD, MAX_PASSWORD = 12, 1024


def secret_text(prefix: str, random_bytes: bytes) -> str:
    """A secret a person can paste: `plk_` and 43 url-safe characters for 32 random bytes. ValueError below 32."""
    if len(random_bytes) < 32:
        raise ValueError("a secret needs 32 random bytes")
    return prefix + base64.urlsafe_b64encode(random_bytes).decode().rstrip("=")


def digest(secret: str) -> bytes:
    """What is kept of a key or a session (32 bytes). No salt and no stretching: the secret is not guessable."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def hash_password(password: str, salt: bytes) -> str:
    """`scrypt$n$r$p$salt$hash`, base 64. Costs 32 MB and about 0.1 s: call it off the event loop."""
    made = _scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    parts = [base64.b64encode(part).decode() for part in (salt, made)]
    return f"scrypt${SCRYPT_N}${SCRYPT_R}${SCRYPT_P}${parts[0]}${parts[1]}"


def password_matches(password: str, kept: str) -> bool:
    """Compared in constant time. ValueError for a `kept` that hash_password did not make."""
    scheme, n, r, p, salt, made = kept.split("$")
    if scheme != "scrypt":
        raise ValueError("not a kept password")
    again = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(again, base64.b64decode(made))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=32)
