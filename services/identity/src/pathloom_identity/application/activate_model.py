"""Puts a model in force."""

from dataclasses import dataclass

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_identity.application.errors import ModelNotFound
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.times import micros
from pathloom_identity.domain.evidence.model_file import BadModel
from pathloom_identity.domain.evidence.serving import serving_model

_LONGEST = 200


@dataclass(frozen=True)
class ActivateModel:
    """By a file's text, or by the number of one that was in force before. Every transaction that resolves after this one,
    on whatever replica, weighs by it; everybody is weighed anew in the background. The one in force again changes nothing.
    InvalidArgument with what is wrong, ModelNotFound."""

    work: UnitOfWork
    clock: Clock
    terms: Terms

    async def __call__(self, text: str, number: int, actor: str, reason: str, traceparent: str = "") -> int:
        """The number of the model in force."""
        if bool(text) == bool(number):
            raise InvalidArgument(fields={"model": "either it or a number must be said"})
        async with self.work(traceparent) as unit:
            if number:
                text = await unit.model_text(number)
                if not text:
                    raise ModelNotFound()
            try:
                model = serving_model(text)
            except BadModel as error:
                raise InvalidArgument(
                    fields={"number" if number else "model": str(error)[:_LONGEST]}
                ) from None
            return await unit.activate(
                model, self.terms.survivorship, actor, reason, micros(self.clock.now())
            )
