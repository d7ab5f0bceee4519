"""The one sentence an agent reads first: goal and day, last failed attempt, open promise; at most 25 words.

No fact in it without an event: what is not known is left out, never guessed.
"""

from dataclasses import dataclass

from pathloom_gateway.domain.instants import day_of, overdue, spoken_day

MAX_WORDS = 25
NOTHING_KNOWN = "Nothing known yet."
_ENDINGS = {"reached": "goal reached", "given_up": "given up", "silent": "went silent"}


@dataclass(frozen=True, slots=True)
class SentenceFacts:
    """What the sentence is made of. Instants in microseconds since 1970; 0 is "none".

    `goal` is empty where a journey is known and its goal is not. `attempts` are phrases, the older first.
    """

    known: bool = False
    goal: str = ""
    state: str = ""
    opened_us: int = 0
    ended_us: int = 0
    attempts: tuple[str, ...] = ()
    promised: bool = False
    promise: str = ""
    due_us: int = 0


# How much of each part stays when there are too many words: the words of the goal, the attempts, the words of the
# promise. The last one always fits: 4 + 2 of the goal and day, 7 of an attempt, 3 + 7 of the promise.
_FITS = ((6, 2, 5), (6, 1, 5), (4, 1, 3))


def sentence(facts: SentenceFacts, now_us: int) -> str:
    """At most MAX_WORDS words, from the facts, as of now."""
    if not facts.known:
        return NOTHING_KNOWN
    text = ""
    for goal_words, attempts, promise_words in _FITS:
        text = " ".join(
            part
            for part in (
                _goal(facts, now_us, goal_words),
                _attempts(facts, attempts),
                _promise(facts, now_us, promise_words),
            )
            if part
        )
        if len(text.split()) <= MAX_WORDS:
            break
    return text


def _goal(facts: SentenceFacts, now_us: int, words: int) -> str:
    if not facts.state:
        return "No journey yet."
    goal = _capital(_cut(facts.goal, words)) or "Goal not known"
    if facts.state == "in_progress":
        return f"{goal}, day {day_of(facts.opened_us, now_us)}."
    return f"{goal}, {_ENDINGS[facts.state]} {spoken_day(facts.ended_us, now_us)}."


def _attempts(facts: SentenceFacts, count: int) -> str:
    phrases = [_cut(phrase, 7) for phrase in facts.attempts[-count:]]
    return _capital(", ".join(phrases)) + "." if phrases else ""


def _promise(facts: SentenceFacts, now_us: int, words: int) -> str:
    if not facts.promised:
        return ""
    what = _capital(_cut(facts.promise, words)) or "Something"
    if not facts.due_us:
        return f"{what} promised."
    late = " is overdue" if overdue(facts.due_us, now_us) else ""
    return f"{what} promised for {spoken_day(facts.due_us, now_us)}{late}."


def _cut(text: str, words: int) -> str:
    parts = text.replace("_", " ").strip(" .").split()
    return " ".join(parts) if len(parts) <= words else " ".join(parts[:words]) + "…"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
