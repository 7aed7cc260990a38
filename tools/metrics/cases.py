"""Pairs of reference and hypothesis to score: nasty ones by hand, random ones from a seed. Standard library
only.
"""

import random

EPS = 1e-6  # pyannote.core takes what is not longer for empty


def case(name, reference, hypothesis, uem=None, collar=0.0, skip_overlap=False):
    """Turns are (start, end, speaker), uem is None or a list of (start, end)."""
    return {
        "name": name,
        "reference": reference,
        "hypothesis": hypothesis,
        "uem": uem,
        "collar": collar,
        "skip_overlap": skip_overlap,
    }


TALK = [(0.0, 10.0, "anna"), (10.0, 15.0, "boris"), (12.0, 20.0, "anna"), (21.0, 30.0, "carl")]
FOUND = [(0.5, 9.0, "x"), (9.0, 15.5, "y"), (13.0, 19.0, "x"), (22.0, 26.0, "z"), (26.0, 31.0, "x")]


def empty_sides():
    yield case("nothing at all", [], [])
    yield case("nothing at all, uem", [], [], [(0.0, 10.0)])
    yield case("empty reference", [], FOUND)
    yield case("empty reference, uem", [], FOUND, [(0.0, 12.0)])
    yield case("empty reference, collar and skip", [], FOUND, None, 0.5, True)
    yield case("empty hypothesis", TALK, [])
    yield case("empty hypothesis, uem", TALK, [], [(5.0, 25.0)])
    yield case("empty uem", TALK, FOUND, [])
    yield case("uem beside everything", TALK, FOUND, [(100.0, 200.0)])
    yield case(
        "reference outside the uem", [(0.0, 5.0, "a")], [(0.0, 5.0, "x"), (6.0, 9.0, "y")], [(5.5, 10.0)]
    )
    yield case("the same", TALK, TALK)
    yield case(
        "other names",
        TALK,
        [(start, end, {"anna": "9", "boris": "10", "carl": "1"}[name]) for start, end, name in TALK],
    )


def tiny_turns():
    yield case("zero-length reference turn", [(0.0, 5.0, "a"), (7.0, 7.0, "b")], [(0.0, 5.0, "x")])
    yield case(
        "zero-length hypothesis turn", [(0.0, 5.0, "a")], [(0.0, 5.0, "x"), (2.0, 2.0, "y"), (9.0, 9.0, "z")]
    )
    yield case("only zero-length turns", [(1.0, 1.0, "a")], [(2.0, 2.0, "x")])
    yield case(
        "zero-length turn with a collar", [(0.0, 5.0, "a"), (2.0, 2.0, "b")], [(0.0, 5.0, "x")], None, 0.5
    )
    yield case(
        "zero-length turn and skip", [(0.0, 5.0, "a"), (2.0, 2.0, "b")], [(0.0, 5.0, "x")], None, 0.0, True
    )
    for length in (0.4e-6, 0.9e-6, 1.5e-6, 4e-6):
        yield case(
            f"turn of {length} s",
            [(0.0, 5.0, "a"), (6.0, 6.0 + length, "b")],
            [(0.0, 5.0, "x"), (8.0, 8.0 + length, "y")],
        )
        yield case(
            f"gap of {length} s in one speaker",
            [(0.0, 5.0, "a"), (5.0 + length, 9.0, "a")],
            [(0.0, 9.0, "x")],
        )
        yield case(
            f"gap of {length} s in the hypothesis",
            [(0.0, 9.0, "a")],
            [(0.0, 5.0, "x"), (5.0 + length, 9.0, "x")],
        )
        yield case(
            f"gap of {length} s between speakers",
            [(0.0, 5.0, "a"), (5.0 + length, 9.0, "b")],
            [(0.0, 5.0, "x"), (5.0 + length, 9.0, "y")],
        )
        yield case(
            f"boundaries {length} s apart",
            [(0.0, 5.0, "a"), (5.0, 9.0, "b")],
            [(0.0, 5.0 + length, "x"), (5.0 + length, 9.0, "y")],
        )
        yield case(
            f"overlap of {length} s",
            [(0.0, 5.0 + length, "a"), (5.0, 9.0, "b")],
            [(0.0, 9.0, "x")],
            None,
            0.0,
            True,
        )
        yield case(f"uem hole of {length} s", TALK, FOUND, [(0.0, 13.5), (13.5 + length, 30.0)])
        yield case(f"uem region of {length} s", TALK, FOUND, [(0.0, 8.0), (13.5, 13.5 + length)])
        yield case(f"collar of {length} s", TALK, FOUND, None, length)


def touching_and_identical():
    yield case("touching turns of one speaker", [(0.0, 2.0, "a"), (2.0, 5.0, "a")], [(0.0, 5.0, "x")])
    yield case(
        "touching turns of one speaker, collar",
        [(0.0, 2.0, "a"), (2.0, 5.0, "a")],
        [(0.0, 4.0, "x")],
        None,
        1.0,
    )
    yield case(
        "touching turns of one speaker, skip",
        [(0.0, 2.0, "a"), (2.0, 5.0, "a")],
        [(0.0, 4.0, "x")],
        None,
        0.0,
        True,
    )
    yield case(
        "touching turns in both", [(0.0, 2.0, "a"), (2.0, 5.0, "b")], [(0.0, 3.0, "x"), (3.0, 5.0, "y")]
    )
    for collar, skip in ((0.0, False), (0.5, False), (0.0, True), (0.5, True)):
        tail = f", collar {collar}, skip {skip}"
        yield case(
            "identical turns of one speaker" + tail,
            [(0.0, 4.0, "a"), (0.0, 4.0, "a"), (5.0, 6.0, "b")],
            [(0.0, 4.0, "x"), (5.0, 6.0, "y")],
            None,
            collar,
            skip,
        )
        yield case(
            "identical turns in the hypothesis" + tail,
            [(0.0, 4.0, "a")],
            [(0.0, 4.0, "x"), (0.0, 4.0, "x"), (0.0, 4.0, "x")],
            None,
            collar,
            skip,
        )
        yield case(
            "identical turns in both" + tail,
            [(0.0, 4.0, "a"), (0.0, 4.0, "a")],
            [(0.0, 4.0, "x"), (0.0, 4.0, "x")],
            None,
            collar,
            skip,
        )
        yield case(
            "identical turns of two speakers" + tail,
            [(0.0, 4.0, "a"), (0.0, 4.0, "b")],
            [(0.0, 4.0, "x")],
            None,
            collar,
            skip,
        )
        yield case(
            "identical turns of two and two" + tail,
            [(0.0, 4.0, "a"), (0.0, 4.0, "b")],
            [(0.0, 4.0, "x"), (0.0, 3.0, "y")],
            None,
            collar,
            skip,
        )
        yield case(
            "overlapping turns of one speaker" + tail,
            [(0.0, 4.0, "a"), (3.0, 7.0, "a"), (8.0, 9.0, "b")],
            [(0.0, 7.0, "x"), (8.0, 9.0, "y")],
            None,
            collar,
            skip,
        )
        yield case(
            "overlapping turns of one speaker in both" + tail,
            [(0.0, 4.0, "a"), (3.0, 7.0, "a")],
            [(0.0, 5.0, "x"), (2.0, 7.0, "x"), (6.0, 8.0, "y")],
            None,
            collar,
            skip,
        )
        yield case(
            "nested turns" + tail,
            [(0.0, 10.0, "a"), (2.0, 8.0, "a"), (4.0, 6.0, "b")],
            [(0.0, 10.0, "x"), (3.0, 7.0, "x"), (4.0, 5.0, "y")],
            None,
            collar,
            skip,
        )
        yield case(
            "three at once" + tail,
            [(0.0, 10.0, "a"), (2.0, 8.0, "b"), (4.0, 12.0, "c")],
            [(0.0, 9.0, "x"), (3.0, 7.0, "y"), (4.0, 5.0, "z")],
            None,
            collar,
            skip,
        )
        yield case(
            "a long turn over short ones" + tail,
            [(0.0, 20.0, "a")] + [(float(t), t + 0.8, "b") for t in range(1, 18, 2)],
            [(0.0, 20.0, "x"), (3.0, 9.0, "y")],
            None,
            collar,
            skip,
        )


def collars_and_regions():
    for collar in (0.1, 0.25, 0.5, 1.0, 2.5, 6.0, 50.0):
        yield case(f"collar {collar}", TALK, FOUND, None, collar)
        yield case(f"collar {collar} and skip", TALK, FOUND, None, collar, True)
    yield case(
        "collar larger than a turn",
        [(0.0, 10.0, "a"), (11.0, 11.2, "b"), (12.0, 20.0, "a")],
        [(0.0, 10.0, "x"), (11.0, 11.2, "y"), (12.0, 20.0, "x")],
        None,
        0.5,
    )
    yield case(
        "collar larger than all turns",
        [(0.0, 0.1, "a"), (1.0, 1.1, "b")],
        [(0.0, 0.1, "x"), (1.0, 1.1, "y")],
        None,
        0.5,
    )
    yield case(
        "collar of exactly a turn",
        [(1.0, 2.0, "a"), (3.0, 5.0, "b")],
        [(1.0, 2.0, "x"), (3.0, 5.0, "y")],
        None,
        1.0,
    )
    yield case("collars that meet", [(0.0, 2.0, "a"), (2.5, 5.0, "a")], [(0.0, 5.0, "x")], None, 0.5)
    uems = {
        "a hole": [(0.0, 8.0), (14.0, 30.0)],
        "two holes": [(1.0, 3.0), (3.5, 13.0), (18.0, 25.0)],
        "overlapping regions": [(0.0, 12.0), (9.0, 23.0)],
        "touching regions": [(0.0, 12.5), (12.5, 30.0)],
        "unsorted regions": [(18.0, 29.0), (2.0, 7.0)],
        "an empty region": [(3.0, 3.0), (9.0, 28.0)],
        "the same region twice": [(2.0, 27.0), (2.0, 27.0)],
        "more than the extent": [(-5.0, 100.0)],
        "edges on turns": [(10.0, 12.0), (20.0, 21.0), (26.0, 30.0)],
    }
    for name, uem in uems.items():
        yield case(f"uem with {name}", TALK, FOUND, uem)
        yield case(f"uem with {name}, collar", TALK, FOUND, uem, 1.0)
        yield case(f"uem with {name}, collar and skip", TALK, FOUND, uem, 0.5, True)


def ties_and_names():
    yield case("tie of two", [(0.0, 2.0, "a"), (2.0, 4.0, "b")], [(0.0, 4.0, "x")])
    yield case("tie of two and two", [(0.0, 4.0, "a"), (0.0, 4.0, "b")], [(0.0, 4.0, "x"), (0.0, 4.0, "y")])
    yield case(
        "tie with a doubled turn",
        [(0.0, 2.0, "a"), (2.0, 4.0, "b"), (2.0, 4.0, "b")],
        [(0.0, 2.0, "x"), (0.0, 2.0, "x"), (2.0, 4.0, "x")],
    )
    yield case(
        "tie that the last bit decides",
        [(0.0, 0.1, "a"), (1.0, 1.2, "a"), (2.0, 2.3, "b")],
        [(0.0, 0.1, "x"), (1.0, 1.2, "x"), (2.0, 2.3, "x")],
    )
    yield case(
        "ring of ties",
        [(float(i), i + 1.0, "abc"[i % 3]) for i in range(9)],
        [(float(i), i + 1.0, "xyz"[i // 3]) for i in range(9)],
    )
    many = [(float(i), i + 1.0, f"s{i}") for i in range(30)]
    yield case("thirty speakers, one found", many, [(0.0, 30.0, "x")])
    yield case("thirty speakers, shifted", many, [(i + 0.5, i + 1.5, f"h{i}") for i in range(30)])
    yield case(
        "thirty speakers, doubled",
        many + many[10:20],
        [(i + 0.5, i + 1.5, f"h{i % 15}") for i in range(30)] + many[3:9],
    )
    yield case("one speaker, thirty found", [(0.0, 30.0, "a")], many)
    yield case(
        "names that sort oddly",
        [
            (0.0, 3.0, "10"),
            (3.0, 6.0, "9"),
            (6.0, 9.0, "B"),
            (9.0, 12.0, "a"),
            (12.0, 15.0, "é"),
            (15.0, 18.0, "日本"),
        ],
        [(0.0, 4.0, "ж"), (4.0, 7.0, "A"), (7.0, 12.5, "😀"), (12.5, 18.0, "1")],
    )
    yield case(
        "one name on both sides for others",
        [(0.0, 3.0, "a"), (3.0, 6.0, "b")],
        [(0.0, 3.0, "b"), (3.0, 6.0, "a")],
    )
    yield case(
        "speakers who never meet", [(0.0, 3.0, "a"), (3.0, 6.0, "b")], [(7.0, 8.0, "x"), (8.0, 9.0, "y")]
    )
    yield case(
        "best pairs for DER are not those for JER",
        [(0.0, 10.0, "a"), (10.0, 12.0, "b")],
        [(0.0, 3.0, "x"), (3.0, 10.0, "y"), (10.0, 12.0, "y"), (30.0, 60.0, "y")],
    )
    yield case(
        "late in a long recording",
        [(86400.0 + start, 86400.0 + end, name) for start, end, name in TALK],
        [(86400.0 + start, 86400.0 + end, name) for start, end, name in FOUND],
        None,
        0.25,
    )
    yield case(
        "before zero",
        [(start - 12.0, end - 12.0, name) for start, end, name in TALK],
        [(start - 12.0, end - 12.0, name) for start, end, name in FOUND],
        None,
        0.25,
    )


def random_talk(rng, speakers, turns, length, resolution):
    """`resolution` 0 keeps all bits; a coarse one makes touching and identical turns."""

    def snap(time):
        return time if resolution == 0 else round(round(time / resolution) * resolution, 6)

    talk = []
    for _ in range(turns):
        start = rng.uniform(0, length)
        talk.append((snap(start), snap(start + rng.expovariate(10 / length)), rng.choice(speakers)))
    return talk


def blurred(rng, talk, jitter, resolution):
    """A hypothesis like a system's: boundaries off, some turns lost, some with another speaker."""
    speakers = sorted({speaker for _, _, speaker in talk})
    result = []
    for start, end, speaker in talk:
        if rng.random() < 0.1:
            continue
        if rng.random() < 0.15:
            speaker = rng.choice(speakers)
        start, end = start + rng.gauss(0, jitter), end + rng.gauss(0, jitter)
        if resolution:
            start, end = (
                round(round(start / resolution) * resolution, 6),
                round(round(end / resolution) * resolution, 6),
            )
        if end >= start >= 0:
            result.append((start, end, "H" + speaker))
    return result


def random_cases(count, seed):
    rng = random.Random(seed)
    for index in range(count):
        resolution = rng.choice([0, 0.001, 0.01, 0.5, 1.0])
        length = rng.choice([10.0, 60.0])
        reference = random_talk(rng, "abcdefgh"[: rng.randint(1, 8)], rng.randint(1, 14), length, resolution)
        if rng.random() < 0.5:
            hypothesis = blurred(rng, reference, rng.choice([0.05, 0.5]), resolution)
        else:
            hypothesis = random_talk(
                rng, "stuvwxyz"[: rng.randint(1, 8)], rng.randint(0, 14), length, resolution
            )
        uem = None
        if rng.random() < 0.4:
            edges = sorted(round(rng.uniform(0, length), 2) for _ in range(2 * rng.randint(1, 3)))
            uem = list(zip(edges[::2], edges[1::2]))
        yield case(
            f"random {index}",
            reference,
            hypothesis,
            uem,
            rng.choice([0.0, 0.0, 0.25, 0.5, 2.0]),
            rng.random() < 0.3,
        )


def all_cases(count=160, seed=20260):
    for part in (empty_sides, tiny_turns, touching_and_identical, collars_and_regions, ties_and_names):
        yield from part()
    yield from random_cases(count, seed)
