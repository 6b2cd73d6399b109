"""XMP: the mark that says a picture was made by a trained model (IPTC Photo Metadata Standard, DigitalSourceType), and
what we say of a picture in formats that have no place of their own for it."""

import html
import re
from enum import StrEnum
from xml.sax.saxutils import escape

PNG_KEYWORD = "XML:com.adobe.xmp"
MAX_PACKET = 65_504  # bytes in a JPEG's one segment
_OURS = "urn:safelight:1.0"
_NAMESPACE = f' xmlns:safelight="{_OURS}"'
_OUR_PROPERTY = re.compile(r'\s*\bsafelight:\w+="[^"]*"|<safelight:(\w+)>[^<]*</safelight:\1>')
_QUOTE = {'"': "&quot;"}
_IPTC = ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="{}"'


class SourceType(StrEnum):
    """How a picture came to be, by https://cv.iptc.org/newscodes/digitalsourcetype."""

    GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def packet(source: SourceType | None, picture: str = "", job: str = "") -> str:
    """An XMP packet that says nothing but the source type, and as our own properties what is not "".

    `picture` is the text of `safelight.write_ascii`, `job` the job that made the file.
    """
    marks = [_IPTC.format(source.value)] if source else []
    given = {"picture": picture, "job": job}
    ours = [f' safelight:{name}="{escape(text, _QUOTE)}"' for name, text in given.items() if text]
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        f"{''.join([*marks, *([_NAMESPACE] if ours else []), *ours])}/>"
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def ours(xmp: str, name: str) -> str:
    """What `packet` wrote as our property `name`, also after other programs wrote it as an element; else ""."""
    if _OURS not in xmp:
        return ""
    found = re.search(rf'\bsafelight:{name}="([^"]*)"|<safelight:{name}>([^<]*)</', xmp)
    return html.unescape(found[1] or found[2] or "") if found else ""


def without_ours(xmp: str) -> str:
    """The same packet without our own properties."""
    return _OUR_PROPERTY.sub("", xmp) if _OURS in xmp else xmp


def composed(xmp: str) -> str:
    """The same packet for a picture that more than a model had a part in."""
    return xmp.replace(SourceType.GENERATED.value, SourceType.COMPOSITE.value)


def source_type(xmp: str) -> SourceType | None:
    """The source type that an XMP packet names, however it is written; None when it names none of ours."""
    for source in (SourceType.COMPOSITE, SourceType.GENERATED):
        if source.value.rpartition("/")[2] in xmp:
            return source
    return None
