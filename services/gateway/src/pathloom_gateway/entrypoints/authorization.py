"""The key in an Authorization header, the same over HTTP and gRPC."""

import base64
import binascii

from pathloom_gateway.domain.access import KeyUnknown


def key_of(authorization: str) -> str:
    """The key in an Authorization header; KeyUnknown for one that is neither Bearer nor Basic."""
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise KeyUnknown("Basic is not base 64 of KEY:") from None
    raise KeyUnknown("Authorization is neither Bearer nor Basic")
