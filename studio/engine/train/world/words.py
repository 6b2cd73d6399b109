"""The words of the captions: how people name the places, times, seasons, weather and styles of the pictures."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """Noun phrases for a place ("a beach"), and phrases of location ("on a beach")."""

    nouns: tuple[str, ...]
    locations: tuple[str, ...]


def _table(rows: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(words.split("|")) for name, words in rows.items()}


_NOUNS = _table(
    {
        "mountains": "mountains|mountain peaks|a mountain landscape|a mountain range",
        "snowy mountains": "snowy mountains|snow-capped mountains|snow covered mountains|the alps|mountains with snow",
        "hills": "hills|rolling hills|green hills|countryside",
        "desert": "a desert|desert dunes|sand dunes|a desert landscape",
        "forest": "a forest|a pine forest|the woods|a forest of pine trees",
        "autumn forest": "an autumn forest|autumn trees|a forest in autumn|a forest in fall",
        "sea": "the sea|the ocean|a seascape|ocean waves",
        "lake": "a lake|a calm lake|a lake landscape",
        "river valley": "a river valley|a valley with a river|a green valley with a river",
        "city": "a city|a city skyline|skyscrapers|a big city|a city with skyscrapers",
        "island": "an island|a tropical island|a small island in the sea|a tropical island with palm trees",
        "volcano": "a volcano|an erupting volcano|a volcano with lava",
        "canyon": "a canyon|a red rock canyon",
        "meadow": "a meadow|a green meadow|grassland|a green field",
        "snow field": "a snow field|a snowy landscape|a winter landscape|winter",
        "jungle": "a jungle|a rainforest|a jungle with vines",
        "swamp": "a swamp|a marsh with dead trees",
        "cliffs": "a cliff by the sea|sea cliffs|cliffs by the sea",
        "cave": "a cave|the inside of a cave|a dark cave",
        "underwater": "an underwater scene|the sea floor|the bottom of the sea",
        "space": "space|outer space|deep space",
        "beach": "a beach|a sandy beach|the seaside",
        "farm field": "a farm field|plowed fields|farmland|farm fields",
        "garden": "a garden|a flower garden|a garden with a white fence",
        "village street": "a village street|a street in a small town|an old town street|a street with colorful houses",
        "harbor": "a harbor|a harbor town|a fishing port|boats in a harbor",
        "waterfall": "a waterfall|a big waterfall|a waterfall over a cliff",
        "savanna": "a savanna|the african savanna|a savanna with acacia trees",
        "vineyard": "a vineyard|rows of vines|a vineyard in the hills",
    }
)
_LOCATIONS = _table(
    {
        "mountains": "in the mountains",
        "snowy mountains": "in snowy mountains|in the snowy mountains",
        "hills": "in the hills|on green hills|on the hills",
        "desert": "in the desert|in a desert",
        "forest": "in a forest|in the woods|in the forest",
        "autumn forest": "in an autumn forest",
        "sea": "on the sea|at sea|on the ocean",
        "lake": "on a lake|on the lake",
        "river valley": "in a river valley",
        "city": "in the city|in a city",
        "island": "at an island",
        "volcano": "at a volcano|near a volcano",
        "canyon": "in a canyon",
        "meadow": "in a meadow|on a meadow",
        "snow field": "in the snow|in a winter landscape",
        "jungle": "in the jungle",
        "swamp": "in a swamp",
        "cliffs": "on a cliff by the sea",
        "cave": "in a cave",
        "underwater": "under water|at the bottom of the sea",
        "space": "in space|among the stars|in outer space",
        "beach": "on a beach|on the beach",
        "farm field": "on a farm field|on a farm",
        "garden": "in a garden",
        "village street": "in a village street|in an old town",
        "harbor": "in a harbor",
        "waterfall": "at a waterfall|in front of a waterfall",
        "savanna": "in the savanna",
        "vineyard": "in a vineyard",
    }
)
PLACES = {name: PlaceWords(nouns, _LOCATIONS[name]) for name, nouns in _NOUNS.items()}

# "mountains at sunset"
WHEN = _table(
    {
        "sunset": "at sunset|at dusk|in the evening",
        "sunrise": "at sunrise|at dawn|in the early morning|in the morning",
        "day": "on a clear day|under a blue sky|on a sunny day|by day|in daylight",
        "night": "at night|under a starry sky|under the stars|by moonlight",
        "storm": "in a storm|under storm clouds|in stormy weather",
        "fog": "in fog|in the fog|on a foggy day",
        "aurora": "under northern lights|under the northern lights|with northern lights|under the aurora",
        "alien": "on an alien planet|under a purple alien sky",
        "golden hour": "at golden hour|in golden light|in warm light",
        "overcast": "on a cloudy day|under a gray sky",
    }
)
# "sunset over mountains"
OVER = _table(
    {
        "sunset": "sunset|a sunset|a red sunset",
        "sunrise": "sunrise|dawn",
        "day": "a blue sky|blue sky|daylight",
        "night": "a starry night|the night sky|a starry sky",
        "storm": "a storm|storm clouds|dark clouds",
        "fog": "fog",
        "aurora": "northern lights|aurora borealis|the northern lights",
        "alien": "a purple alien sky|an alien sky",
        "golden hour": "golden light|warm evening light",
        "overcast": "gray clouds|a cloudy sky",
    }
)
# "foggy mountains"
ADJECTIVES = _table(
    {
        "sunrise": "morning",
        "day": "sunny|bright",
        "night": "dark|moonlit",
        "storm": "stormy",
        "fog": "foggy",
        "alien": "alien",
        "golden hour": "golden|warm",
        "overcast": "cloudy",
    }
)
SEASONS = _table(
    {
        "spring": "in spring|in springtime",
        "summer": "in summer|in summertime",
        "autumn": "in autumn|in fall",
        "winter": "in winter|in wintertime",
    }
)
WEATHER = _table(
    {
        "rain": "in the rain|with rain|on a rainy day",
        "snowfall": "with falling snow|while it snows|in snowfall",
        "mist": "with low mist|with mist over the ground",
        "leaves": "with leaves in the wind|with wind and flying leaves|on a windy day",
        "heat": "in the heat|in shimmering heat|on a hot day",
    }
)
SCENE_STYLES = _table(
    {
        "": "vector landscape|landscape|digital illustration|illustration",
        "flat illustration": "flat illustration|flat landscape illustration",
        "paper cut": "paper cut|paper cut art|layered paper",
        "pastel": "pastel|pastel colors|soft pastel illustration",
        "noir": "noir|black and white|monochrome",
        "synthwave": "synthwave|retro synthwave|vaporwave",
        "pixel art": "pixel art|8-bit pixel art",
        "sepia": "sepia|vintage sepia",
        "low poly": "low poly|low poly landscape",
        "watercolor": "watercolor|watercolor painting|soft watercolor",
        "travel poster": "travel poster|vintage travel poster|retro poster",
    }
)
# Object styles: adjectives go before a noun ("a 3d fox"), media before "of" or after a comma ("sticker of a fox").
OBJECT_ADJECTIVES = _table(
    {"3d": "3d|glossy 3d", "gradient": "soft gradient", "flat": "flat", "cartoon": "cartoon|cute cartoon"}
)
OBJECT_MEDIA = _table(
    {
        "3d": "3d render|3d icon|3d",
        "gradient": "soft gradient icon|sticker|gradient icon",
        "flat": "flat icon|flat vector|flat illustration",
        "cartoon": "cartoon|cartoon sticker",
        "emoji": "emoji|flat emoji|sticker",
        "classic": "classic emoji|emoji|sticker",
    }
)
# Small things that a short description leaves out.
MINOR = frozenset(
    {"clouds", "a full moon", "a crescent moon", "birds in the sky", "a big striped sun", "a river in front"}
    | {"a neon grid floor", "a shooting star", "lava", "street lamps", "houses on both sides", "boats", "flower beds"}
    | {"acacia trees"}
)
# Words that rain and snowfall make untrue.
CLEAR_WORDS = frozenset({"clear", "blue", "starry", "stars", "sunny", "moonlight", "moonlit"})
# Words that a picture without natural colours, or a season other than summer, would make untrue.
COLOUR_WORDS = frozenset({"green", "red", "blue", "purple", "golden", "colorful", "gray", "white"})
