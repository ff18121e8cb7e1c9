"""Named things of the demo's world, their case forms, and how they are dealt out to texts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from random import Random
from typing import Generic, TypeVar

from demo import lexicon
from demo.inflection import CASES, Word, adjective, composed, gender, named, noun

# kind -> entity type of MultiCoNER; WikiNEuRal's coarser types are derived from these in conll.py
TYPES = {
    "PER": "PER",
    "TOWN": "LOC",
    "COUNTRY": "LOC",
    "RIVER": "LOC",
    "FIRM": "CORP",
    "TEAM": "GRP",
    "BAND": "GRP",
    "PARTY": "GRP",
    "PRODUCT": "PROD",
    "WORK": "CW",
}
SIZES = {
    "PER": 260, "TOWN": 130, "COUNTRY": 50, "RIVER": 40, "FIRM": 130, "TEAM": 60, "BAND": 50, "PARTY": 40,
    "PRODUCT": 90, "WORK": 130,
}  # fmt: skip
PARTS = ("train", "validation", "test")

T = TypeVar("T")


@dataclass(frozen=True)
class Entity:
    kind: str
    words: tuple[Word, ...]
    gender: str
    number: str = "sing"

    @property
    def name(self) -> str:
        """The dictionary form, which is the identity of the entity within its type."""
        return " ".join(word.forms[0] for word in self.words)


@dataclass(frozen=True)
class World:
    """All entities by kind, and the part of the NER sets that each belongs to."""

    parts: dict[str, dict[str, tuple[Entity, ...]]]

    def pool(self, kind: str, part: str | None) -> tuple[Entity, ...]:
        """Return the entities of one part; None means all parts."""
        chosen = PARTS if part is None else (part,)
        return tuple(entity for name in chosen for entity in self.parts[name][kind])


class Deck(Generic[T]):
    """Deals items in random order and starts again when all are dealt, so that each comes up evenly."""

    def __init__(self, items: Sequence[T], random: Random) -> None:
        self.items, self.random = list(items), random
        self.rest: list[T] = []
        self.last: list[T] = []

    def deal(self) -> T:
        if not self.rest:
            self.rest = self.random.sample(self.items, len(self.items))
            if self.last == [self.rest[-1]]:  # never the same twice in a row, as in «X met X»
                self.rest.reverse()
        self.last = [self.rest.pop()]
        return self.last[0]


@cache
def world(seed: int) -> World:
    """Make parts that are disjoint: a name in the test sentences is in no training sentence with the same type."""
    random = Random(f"{seed}/world")
    parts: dict[str, dict[str, tuple[Entity, ...]]] = {part: {} for part in PARTS}
    taken: set[tuple[str, str]] = set()
    for kind, size in SIZES.items():
        entities = distinct(MAKERS[kind](random), TYPES[kind], taken, random, size)
        bounds = [0, round(len(entities) * 0.6), round(len(entities) * 0.75), len(entities)]
        for part, start, stop in zip(PARTS, bounds, bounds[1:], strict=False):
            parts[part][kind] = tuple(entities[start:stop])
    return World(parts)


def distinct(
    entities: Iterable[Entity], label: str, taken: set[tuple[str, str]], random: Random, size: int
) -> list[Entity]:
    """Choose `size` of the entities in random order, no name twice within a type."""
    chosen = list(entities)
    random.shuffle(chosen)
    unique: list[Entity] = []
    for entity in chosen:
        # the surname of a person must be new, since texts use it alone
        key = (label, entity.words[-1].lemma if label == "PER" else entity.name)
        if key not in taken and len(unique) < size:
            taken.add(key)
            unique.append(entity)
    return unique


def people(random: Random) -> Iterable[Entity]:
    for stem, (suffix, man, _, woman) in product(lexicon.STEMS, lexicon.SURNAMES):
        male = random.random() < 0.55
        yield person(random, male, composed(stem + suffix, man if male else woman))
    for lemma in lexicon.NOUN_SURNAMES:
        male = random.random() < 0.6
        surname = named(lemma) if male else composed(lemma.capitalize(), "fixed")
        yield person(random, male, surname)


def person(random: Random, male: bool, surname: Word) -> Entity:
    first = random.choice(lexicon.MEN if male else lexicon.WOMEN)
    return Entity("PER", (named(first.lower()), surname), "masc" if male else "femn")


def towns(random: Random) -> Iterable[Entity]:
    for stem, (suffix, paradigm, grammatical) in product(lexicon.STEMS, lexicon.TOWNS):
        yield Entity("TOWN", (composed(stem + suffix, paradigm),), grammatical)
    for lemma in lexicon.NOUN_TOWNS:
        yield Entity("TOWN", (named(lemma),), gender(lemma))
    for lemma in lexicon.NOUN_TOWNS_PLURAL:
        yield Entity("TOWN", (named(lemma, "plur"),), gender(lemma), "plur")


def countries(random: Random) -> Iterable[Entity]:
    for stem, (suffix, paradigm, grammatical) in product(lexicon.COUNTRY_STEMS, lexicon.COUNTRIES):
        yield Entity("COUNTRY", (composed(stem + suffix, paradigm),), grammatical)


def rivers(random: Random) -> Iterable[Entity]:
    for stem, (suffix, paradigm) in product(lexicon.STEMS, lexicon.RIVERS):
        yield Entity("RIVER", (composed(stem + suffix, paradigm),), "femn")


def firms(random: Random) -> Iterable[Entity]:
    for stem in lexicon.STEMS:
        suffix, paradigm, grammatical = random.choice(lexicon.COMPANIES)
        yield Entity("FIRM", (composed(stem + suffix, paradigm),), grammatical)
        yield named_after_place(stem, random.choice(lexicon.COMPANY_NOUNS))
        if random.random() < 0.4:
            yield named_after_person(stem, random.choice(lexicon.FOUNDATIONS))
        if random.random() < 0.4:
            yield titled("FIRM", random)


def named_after_place(stem: str, lemma: str) -> Entity:
    """Барская верфь: not a dictionary adjective, hence the paradigm."""
    return Entity("FIRM", (composed(stem + "ск", "ская", "ADJ"), lower(lemma)), "femn")


def named_after_person(stem: str, lemma: str) -> Entity:
    """Фонд Маркова: an organisation that ends in a person's name."""
    surname = composed(stem + "ов", "surname")
    return Entity("FIRM", (named(lemma, upos="NOUN"), frozen(surname, "gent")), gender(lemma))


def teams(random: Random) -> Iterable[Entity]:
    for lemma in lexicon.TEAM_NOUNS:
        yield Entity("TEAM", (named(lemma),), gender(lemma))
    for stem in lexicon.STEMS:
        yield Entity("TEAM", (composed(stem + "ич", "person"),), "masc")


def products(random: Random) -> Iterable[Entity]:
    for lemma in lexicon.PRODUCT_NOUNS:
        yield Entity("PRODUCT", (named(lemma),), gender(lemma))
        for number in random.sample(range(2, 60), 3):
            yield Entity("PRODUCT", (named(lemma), literal(str(number), "NUM")), gender(lemma))
    for stem in lexicon.STEMS:
        suffix, _ = random.choice(lexicon.PRODUCT_SUFFIXES)
        if suffix == "мобиль":
            yield Entity("PRODUCT", (composed(stem + "омобил", "поль"),), "masc")
        else:
            yield Entity("PRODUCT", (composed(stem + suffix, "town"),), "masc")
    for name in lexicon.LATIN_PRODUCTS:
        yield Entity("PRODUCT", (literal(name, "PROPN"),), "masc")
        yield Entity("PRODUCT", (literal(name, "PROPN"), literal(str(random.randint(2, 9)), "NUM")), "masc")


def works(random: Random) -> Iterable[Entity]:
    for _ in range(200):
        yield titled("WORK", random)
    for stem in random.sample(lexicon.STEMS, 30):
        hero = random.choice(lexicon.FICTION_HEROES)
        yield Entity("WORK", (named(hero, upos="NOUN"), composed(stem + "ов", "surname")), "masc")
    for name in random.sample(lexicon.WOMEN, 12):
        yield Entity("WORK", (named(name.lower()),), "femn")


def titles_of(kind: str) -> Callable[[Random], Iterable[Entity]]:
    return lambda random: (titled(kind, random) for _ in range(200))


def titled(kind: str, random: Random) -> Entity:
    """Тихая гавань, Город мостов: the same pattern for works, bands, parties and firms."""
    head = random.choice(lexicon.TITLE_NOUNS)
    if random.random() < 0.6:
        first = agreeing(random.choice(lexicon.TITLE_ADJECTIVES), head)
        return Entity(kind, (first, lower(head)), gender(head))
    tail = random.choice([lemma for lemma in lexicon.TITLE_GENITIVES if lemma != head])
    fixed = Word(tail, "NOUN", (noun(tail, "gent"),) * len(CASES))
    return Entity(kind, (named(head, upos="NOUN"), fixed), gender(head))


def agreeing(lemma: str, head: str) -> Word:
    return Word(lemma, "ADJ", tuple(adjective(lemma, head, case).capitalize() for case in CASES))


def lower(lemma: str) -> Word:
    return Word(lemma, "NOUN", tuple(noun(lemma, case) for case in CASES))


def frozen(word: Word, case: str) -> Word:
    return Word(word.lemma, word.upos, (word.form(case),) * len(CASES))


def literal(form: str, upos: str) -> Word:
    return Word(form, upos, (form,) * len(CASES))


MAKERS: dict[str, Callable[[Random], Iterable[Entity]]] = {
    "PER": people,
    "TOWN": towns,
    "COUNTRY": countries,
    "RIVER": rivers,
    "FIRM": firms,
    "TEAM": teams,
    "BAND": titles_of("BAND"),
    "PARTY": titles_of("PARTY"),
    "PRODUCT": products,
    "WORK": works,
}
