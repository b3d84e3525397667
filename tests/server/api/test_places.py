"""Places for subscribers are bounded, and nobody alone keeps all of them."""

from __future__ import annotations

from courtside_server.api.places import Places


def test_an_address_with_fewer_gets_a_place_of_the_one_with_most() -> None:
    places = Places(4)
    greedy = [places.open("a") for _ in range(4)]
    assert None not in greedy and places.open("a") is None
    first, second, third = (places.open("b") for _ in range(3))
    assert first is not None and second is not None and third is None
    assert [place.taken for place in greedy] == [False, False, True, True], "the newest of the address with most"
    assert places.open("c") is not None, "the others have two"
    assert places.open("c") is None, "nobody has two more than one"
    places.close(greedy[0])
    places.close(greedy[0])
    assert places.open("c") is not None and places.open("c") is None


def test_whoever_loses_its_place_hears_of_it() -> None:
    places, cut = Places(2), []
    for number in range(2):
        place = places.open("a")
        assert place is not None
        place.on_taken = lambda number=number: cut.append(number)
    newcomer = places.open("b")
    assert newcomer is not None and cut == [1]
