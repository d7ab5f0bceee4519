"""How far a value is believed, in words."""

from pathloom.identity.v1.customers_pb2 import Trust

TRUSTS = {
    Trust.TRUST_CLAIMED: "claimed",
    Trust.TRUST_TRUSTED: "trusted",
    Trust.TRUST_AUTHORITATIVE: "authoritative",
}
