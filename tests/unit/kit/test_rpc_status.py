"""A status from the wire: what one of us said, or what the channel says where nobody of us did."""

import grpc
import grpc.aio
import pytest
from pathloom_kit.errors import Kind, Unavailable
from pathloom_kit.rpc.status import domain_error_of, status_of


class Broken(Unavailable):
    kind = Kind.INTERNAL
    reason = "INTERNAL"


def raised(code: grpc.StatusCode, *trailing: tuple[str, bytes]) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), "words")


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE]
)
def test_a_stream_that_was_cut_may_be_asked_again(code: grpc.StatusCode) -> None:
    found = domain_error_of(raised(code))
    assert (found.kind, found.reason) == (Kind.UNAVAILABLE, code.name)


def test_what_one_of_us_says_is_a_fault_stays_one() -> None:
    code, _, trailing = status_of(Broken("no"), "identity.pathloom")
    assert domain_error_of(raised(code, *trailing)).kind is Kind.INTERNAL


def test_a_call_that_nobody_knows_is_no_passing_trouble() -> None:
    assert domain_error_of(raised(grpc.StatusCode.UNIMPLEMENTED)).kind is Kind.INTERNAL
