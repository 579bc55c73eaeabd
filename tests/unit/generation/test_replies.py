from core.generation.openai_client import Reply


def test_halves_of_a_character_are_put_together_and_a_single_one_is_replaced() -> None:
    """No check or journal takes half a character: the worker would end with all texts that it has under way."""
    assert Reply(["Robots \ud83e", "\udd16 learn", " \ud83d."]).text == "Robots \U0001f916 learn \ufffd."
