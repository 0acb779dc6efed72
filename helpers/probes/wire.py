"""Captured frames, decoded: VXLAN (RFC 7348) and what it carries, or ESP.

scapy decodes them; only this module uses its packets, and turns them into rows.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from helpers.answers import understood
from helpers.probes.frame import typed

logging.getLogger("scapy").setLevel(logging.ERROR)  # on import, it warns about routes that are not needed
from scapy.error import Scapy_Exception  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.ipsec import ESP  # noqa: E402
from scapy.layers.l2 import ARP, Ether  # noqa: E402
from scapy.layers.vxlan import VXLAN  # noqa: E402
from scapy.packet import NoPayload, Packet, Raw  # noqa: E402
from scapy.utils import PcapReader  # noqa: E402

PACKETS: Mapping[str, str] = {
    **dict.fromkeys(("source", "target", "carrier", "inner_source", "inner_target", "says"), "str"),
    **dict.fromkeys(("vni", "bytes", "inner_bytes"), "int64"),
    "frame": "object",
}
LAYERS: Mapping[str, str] = {"layer": "str", "bytes": "int64", "says": "str"}
_UNDECODABLE = (EOFError, Scapy_Exception, struct.error)  # what scapy raises for truncated data
_OVERHEAD = r"^ARP|^TCP \w+$"
_ICMP_TYPES = {0: "echo reply", 8: "echo request"}


@understood("a capture file", *_UNDECODABLE)
def decode(pcap: bytes) -> pd.DataFrame:
    """Decode a capture file.

    Returns
    -------
    DataFrame
        source, target (addresses of the outermost IP header) · carrier ("VXLAN", "ESP", or the protocol) ·
        inner_source, inner_target (of the IP packet inside), says (what it is): all "" if it cannot be
        read · vni (-1 if none) · bytes (of the frame), inner_bytes (of the frame inside, 0 if none) · frame
        (the bytes themselves).
    """
    with PcapReader(io.BytesIO(pcap)) as packets:  # type: ignore[arg-type]  # an open file works as well as a name
        return typed([_row(Ether(bytes(packet))) for packet in packets], PACKETS)


@understood("a capture file", *_UNDECODABLE)
def interfaces(pcap: bytes) -> list[int]:
    """The index of the interface that each packet of a capture on all interfaces has passed.

    Source: tcpdump's link type LINKTYPE_LINUX_SLL2.
    """
    with PcapReader(io.BytesIO(pcap)) as packets:  # type: ignore[arg-type]  # as above
        return [struct.unpack_from("!4xI", bytes(packet))[0] for packet in packets]


def conversation(frames: pd.DataFrame) -> pd.DataFrame:
    """What someone who captured the frames can tell about them; what was said twice is listed once.

    ARP and TCP's own segments (handshake, acknowledgements) are left out: pings, requests and answers remain.

    Returns
    -------
    DataFrame
        source, target, carrier, vni, inner_source, inner_target, says: as in `decode`, in order of capture.
    """
    columns = ["source", "target", "carrier", "vni", "inner_source", "inner_target", "says"]
    said = frames[~frames["says"].str.contains(_OVERHEAD)]
    return said[columns].drop_duplicates(ignore_index=True)


def revealed(frames: pd.DataFrame, text: str) -> dict[str, bool]:
    """What the captured frames reveal.

    Parameters
    ----------
    frames:
        As `decode` returns them.
    text:
        The password.

    Returns
    -------
    dict
        "which machines communicate", "how much they send", "which containers communicate", "the password":
        whether somebody who captured the frames knows it.
    """
    return {
        "which machines communicate": bool((frames["source"] != "").any()),
        "how much they send": bool((frames["bytes"] > 0).any()),
        "which containers communicate": bool((frames["inner_source"] != "").any()),
        "the password": any(text.encode() in frame for frame in frames["frame"]),
    }


def layers(frames: pd.DataFrame, says: str) -> pd.DataFrame:
    """The headers of the first captured frame that `decode` describes with these words.

    Returns
    -------
    DataFrame
        As `headers` returns them; empty if there is no such frame.
    """
    found = frames.loc[frames["says"] == says, "frame"].head(1)
    return headers(*found) if len(found) else typed([], LAYERS)


@understood("a frame", *_UNDECODABLE)
def ends(frame: bytes) -> tuple[str, str]:
    """From where to where the innermost TCP segment of a frame goes, as "address:port"; "" if it has none."""
    inner = Ether(frame)
    while VXLAN in inner:
        inner = inner[VXLAN].payload
    if IP not in inner or TCP not in inner:
        return "", ""
    return f"{inner[IP].src}:{inner[TCP].sport}", f"{inner[IP].dst}:{inner[TCP].dport}"


@understood("a frame", *_UNDECODABLE)
def headers(frame: bytes) -> pd.DataFrame:
    """The headers of one frame, from the outermost to the innermost, and what is left as payload.

    Returns
    -------
    DataFrame
        layer ("Ethernet", "IP", "UDP", "VXLAN", …, "payload") · bytes (of this header alone) · says (its main
        fields). ``bytes`` add up to the frame's length.
    """
    rows = [
        {"layer": _name(packet), "bytes": len(packet) - len(packet.payload), "says": _fields(packet)}
        for packet in _nested(Ether(frame))
    ]
    return typed(rows, LAYERS)


def _row(packet: Packet) -> dict[str, Any]:
    outer = packet.getlayer(IP)
    inner = packet[VXLAN].payload if VXLAN in packet else None
    inside_ip = inner.getlayer(IP) if inner is not None else None
    if inner is not None:
        carrier = "VXLAN"
    elif ESP in packet:
        carrier = "ESP"
    else:
        carrier = _name(outer.payload if outer is not None else packet.payload)
    return {
        "source": outer.src if outer is not None else "",
        "target": outer.dst if outer is not None else "",
        "carrier": carrier,
        "inner_source": inside_ip.src if inside_ip is not None else "",
        "inner_target": inside_ip.dst if inside_ip is not None else "",
        "says": _says(inner) if inner is not None else "",
        "vni": int(packet[VXLAN].vni) if VXLAN in packet else -1,
        "bytes": len(packet),
        "inner_bytes": len(inner) if inner is not None else 0,
        "frame": bytes(packet),
    }


def _says(frame: Packet) -> str:
    if ICMP in frame:
        return f"ICMP {_ICMP_TYPES.get(frame[ICMP].type, frame[ICMP].type)}"
    if ARP in frame:
        return f"ARP who has {frame[ARP].pdst}" if frame[ARP].op == 1 else f"ARP {frame[ARP].psrc} is here"
    if TCP in frame:
        line = bytes(frame[TCP].payload).split(b"\r\n")[0].decode(errors="replace")
        return f"TCP {frame[TCP].flags} {line}".rstrip("\0 ")
    return _name(frame.lastlayer() or frame)


def _nested(packet: Packet) -> Iterator[Packet]:
    while not isinstance(packet, NoPayload):
        yield packet
        packet = packet.payload


def _name(packet: Packet) -> str:
    names = {"Ether": "Ethernet", "Raw": "payload", "Padding": "payload"}
    found = type(packet).__name__
    return names.get(found, found)


def _fields(packet: Packet) -> str:
    match packet:
        case Ether() | IP():
            return f"{packet.src} → {packet.dst}"
        case UDP() | TCP():
            return f"port {packet.sport} → {packet.dport}"
        case VXLAN():
            return f"VNI {packet.vni}"
        case ESP():
            return f"SPI {packet.spi:#010x}"
        case ICMP():
            return _ICMP_TYPES.get(packet.type, str(packet.type))
        case Raw():
            return f"{len(packet)} bytes"
    return ""
