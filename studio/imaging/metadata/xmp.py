"""The mark that says a picture was made by a trained model (IPTC Photo Metadata Standard, DigitalSourceType)."""

from enum import StrEnum

PNG_KEYWORD = "XML:com.adobe.xmp"


class SourceType(StrEnum):
    """How a picture came to be, by https://cv.iptc.org/newscodes/digitalsourcetype."""

    GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def packet(source: SourceType) -> str:
    """An XMP packet that says nothing but the source type."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' Iptc4xmpExt:DigitalSourceType="{source.value}"/>'
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def composed(xmp: str) -> str:
    """The same packet for a picture that more than a model had a part in."""
    return xmp.replace(SourceType.GENERATED.value, SourceType.COMPOSITE.value)


def source_type(xmp: str) -> SourceType | None:
    """The source type that an XMP packet names, however it is written; None when it names none of ours."""
    for source in (SourceType.COMPOSITE, SourceType.GENERATED):
        if source.value.rpartition("/")[2] in xmp:
            return source
    return None
