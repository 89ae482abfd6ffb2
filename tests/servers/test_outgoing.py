import gzip
import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.refusals import Kind
from renkei.servers.addresses import is_inside
from renkei.servers.errors import (
    AddressInsecure,
    AddressInside,
    AddressMalformed,
    PeerAnswered,
    PeerAnswerMalformed,
    PeerAnswerTooLarge,
    PeerFaulted,
    PeerUnreachable,
)
from renkei.servers.outgoing import Limits, Outgoing
from tests.factories.far_server import (
    answer,
    babble,
    drip,
    drip_headers,
    endless,
    far_server,
    hang,
    vanish,
)

ASKED = "names that were looked up"
HASTY = Limits(connect=1, read=0.3, whole=0.5, answer=10_000)


@pytest.fixture
def outgoing():
    calls = Outgoing(inside_peers=True, limits=HASTY)
    yield calls
    calls.close()


@pytest.fixture
def strict():
    calls = Outgoing(inside_peers=False, limits=HASTY)
    yield calls
    calls.close()


@pytest.fixture
def names(monkeypatch):
    """Names that lead where the test says; each entry is used up by one look-up, the last one stays."""
    answers: dict[str, list] = {}
    asked: list[str] = []
    true_answer = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        asked.append(host)
        if host not in answers:
            return true_answer(host, port, *rest, **options)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (kinds[ipaddress.ip_address(text).version], socket.SOCK_STREAM, 6, "", (text, port))
            for text in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answers[ASKED] = asked
    return answers


def test_a_document_is_fetched_with_the_token(outgoing):
    with far_server(answer({"a": 1}, headers={"Link": "<x>; rel=next"})) as peer:
        got = outgoing.get_json(peer.url("/x?y=1"), authorization="Bearer t")

    assert (got.status, got.read(dict[str, int]), got.headers["link"]) == (200, {"a": 1}, "<x>; rel=next")
    assert peer.asked == ["GET /x?y=1"]
    assert peer.headers[0]["authorization"] == "Bearer t"
    assert peer.headers[0]["accept"] == "application/json"


def test_a_message_is_sent_as_json(outgoing):
    with far_server(answer({"ok": True}, status=201)) as peer:
        got = outgoing.post_json(peer.url("/in"), b'{"b":2}')

    assert (got.status, peer.asked, peer.bodies) == (201, ["POST /in"], [b'{"b":2}'])
    assert peer.headers[0]["content-type"] == "application/json"
    assert "authorization" not in peer.headers[0]


def test_many_calls_share_one_connection(outgoing):
    with far_server(answer({})) as peer:
        for _ in range(5):
            outgoing.post_json(peer.url(), b"{}")

    assert (len(peer.asked), peer.connections) == (5, 1)


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with far_server(answer({})) as peer:
        Outgoing(inside_peers=True).get_json(peer.url())

    assert peer.asked == ["GET /"]


@pytest.mark.parametrize("behaviour", [hang, drip, drip_headers, vanish, babble])
def test_a_peer_that_is_slow_or_breaks_off_is_unreachable_for_now(outgoing, behaviour):
    with far_server(behaviour) as peer, pytest.raises(PeerUnreachable) as refused:
        outgoing.get_json(peer.url("/slow"))

    assert refused.value.kind is Kind.UNAVAILABLE
    assert refused.value.facts["url"] == peer.url("/slow")


def test_of_a_name_with_thousands_of_addresses_only_a_few_are_tried(outgoing, names):
    names["peer.example"] = [[f"127.1.{number // 250}.{number % 250 + 1}" for number in range(2000)]]

    with far_server(answer({})) as peer, pytest.raises(PeerUnreachable):
        outgoing.get_json(peer.url(host="peer.example"))


def test_the_next_call_on_the_same_thread_has_its_own_time(outgoing):
    with far_server(drip) as bad, pytest.raises(PeerUnreachable):
        outgoing.get_json(bad.url())

    with far_server(answer({})) as good, outgoing.stream(good.url()) as parts:
        assert b"".join(parts) == b"{}"


def test_after_a_bad_answer_the_next_call_is_answered(outgoing):
    with far_server(endless) as bad, far_server(answer({})) as good:
        with pytest.raises(PeerAnswerTooLarge):
            outgoing.get_json(bad.url())
        assert outgoing.get_json(good.url()).status == 200


def test_a_peer_that_is_not_there_is_unreachable(outgoing):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]

    with pytest.raises(PeerUnreachable):
        outgoing.get_json(f"http://127.0.0.1:{port}/")


def test_a_name_that_does_not_exist_is_unreachable(outgoing):
    with pytest.raises(PeerUnreachable) as refused:
        outgoing.get_json("http://no-such-name.invalid/")

    assert "no-such-name.invalid" in refused.value.said("en")


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_peer_that_faults_may_be_asked_again(outgoing, status):
    with far_server(answer(b"<h1>oops</h1>", status=status)) as peer, pytest.raises(PeerFaulted) as refused:
        outgoing.get_json(peer.url())

    assert (refused.value.kind, refused.value.status, refused.value.reasons) == (Kind.UNAVAILABLE, status, ())


@pytest.mark.parametrize(
    ("body", "peer_code", "reasons"),
    [
        ({"code": "no", "reason": ["Ended.", "終了。"]}, "no", ("Ended.", "終了。")),
        ({"code": 409, "reason": "Ended."}, "409", ("Ended.",)),
        (
            {"reason": [{"@language": "en", "@value": "Ended."}]},
            "",
            ('{"@language":"en","@value":"Ended."}',),
        ),
        ({"kind": "denied", "code": "a.b", "ja": "不可。", "en": "No."}, "a.b", ("不可。", "No.")),
        (["x"], "", ()),
        (b"not json", "", ()),
        (b"\xff", "", ()),
        (b"", "", ()),
        (b"x" * 70_000, "", ()),
    ],
)
def test_a_refusal_arrives_with_the_peers_reasons(outgoing, body, peer_code, reasons):
    with far_server(answer(body, status=403)) as peer, pytest.raises(PeerAnswered) as refused:
        outgoing.post_json(peer.url(), b"{}")

    got = refused.value
    assert (type(got), got.status, got.peer_code, got.reasons) == (PeerAnswered, 403, peer_code, reasons)
    assert all(reason in got.said("ja") and reason in got.said("en") for reason in reasons)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(outgoing, status):
    with far_server(answer({})) as inside:
        redirect = answer(b"", status=status, headers={"Location": inside.url("/secret")})
        with far_server(redirect) as peer, pytest.raises(PeerAnswered) as refused:
            outgoing.get_json(peer.url())

    assert (refused.value.status, inside.asked) == (status, [])


@pytest.mark.parametrize("behaviour", [answer(b"x" * 10_001), endless])
def test_an_answer_beyond_the_limit_is_refused(outgoing, behaviour):
    with far_server(behaviour) as peer, pytest.raises(PeerAnswerTooLarge) as refused:
        outgoing.get_json(peer.url())

    assert refused.value.facts == {"url": peer.url(), "limit": 10_000}


def test_an_answer_at_the_limit_is_taken(outgoing):
    with far_server(answer(b"x" * 10_000)) as peer:
        assert len(outgoing.get_json(peer.url()).body) == 10_000


def test_a_compressed_answer_that_nobody_asked_for_is_refused(outgoing):
    bomb = answer(gzip.compress(b"0" * 1_000_000), headers={"Content-Encoding": "gzip"})
    with far_server(bomb) as peer, pytest.raises(PeerAnswerMalformed):
        outgoing.get_json(peer.url())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b"[" * 5000])
def test_an_answer_of_another_shape_is_refused(outgoing, body):
    with far_server(answer(body)) as peer, pytest.raises(PeerAnswerMalformed):
        outgoing.get_json(peer.url()).read(dict[str, int])


def test_a_large_body_is_streamed(outgoing):
    with far_server(answer(b"x" * 5_000_000)) as peer, outgoing.stream(peer.url()) as parts:
        assert sum(len(part) for part in parts) == 5_000_000


def test_a_streams_limit_holds(outgoing):
    with far_server(endless) as peer, outgoing.stream(peer.url(), limit=100_000) as parts:  # noqa: SIM117 - only reading is to fail
        with pytest.raises(PeerAnswerTooLarge):
            list(parts)


def test_a_stream_that_breaks_off_is_told_from_a_full_disk_here(outgoing):
    def broken() -> None:
        with outgoing.stream(peer.url()) as parts:
            list(parts)

    def full() -> None:
        with outgoing.stream(peer.url()):
            raise OSError("no space left on device")

    with far_server(vanish) as peer:
        with pytest.raises(PeerUnreachable):
            broken()
        with pytest.raises(OSError, match="no space left"):
            full()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "peer.example",
        "ftp://peer.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:pass@peer.example/",
        "https://peer.example:0/",
        "https://peer.example:70000/",
        "https://peer.example/a b",
        "https://peer.example/\r\nX: y",
        "https://例え.jp/",
        "https://[::1",
    ],
)
def test_what_is_no_address_of_a_peer_is_refused(outgoing, url):
    with pytest.raises(AddressMalformed):
        outgoing.get_json(url)


def test_plain_http_is_refused_unless_peers_may_be_inside(strict):
    with far_server(answer({})) as peer, pytest.raises(AddressInsecure):
        strict.get_json(peer.url())

    assert peer.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",  # noqa: S104 - called, not listened on
        "10.1.2.3",
        "169.254.169.254",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.1",
    ],
)
def test_an_address_inside_is_refused_and_not_even_touched(strict, host):
    with far_server(answer({})) as peer, pytest.raises(AddressInside):
        strict.get_json(peer.url(host=host, scheme="https"))

    assert peer.connections == 0


@pytest.mark.parametrize("found", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["fd00::1"], ["64:ff9b::7f00:1"]])
def test_a_name_that_leads_inside_is_refused(strict, names, found):
    names["peer.example"] = [found]

    with far_server(answer({})) as peer, pytest.raises(AddressInside) as refused:
        strict.get_json(peer.url(host="peer.example", scheme="https"))

    assert (refused.value.facts, peer.connections) == ({"host": "peer.example"}, 0)


def test_the_address_that_was_judged_is_the_one_that_is_called(outgoing, names):
    # A second look-up of the name would lead to a port where nobody answers.
    names["peer.example"] = [["127.0.0.1"], ["127.0.0.99"]]

    with far_server(answer({})) as peer:
        outgoing.get_json(peer.url(host="peer.example"))

    assert names[ASKED].count("peer.example") == 1
    assert peer.headers[0]["host"] == f"peer.example:{peer.port}"


def test_of_several_addresses_the_one_that_answers_is_used(outgoing, names):
    names["peer.example"] = [["127.0.0.99", "127.0.0.1"]]

    with far_server(answer({})) as peer:
        assert outgoing.get_json(peer.url(host="peer.example")).status == 200


def certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cert.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def test_tls_proves_the_name_although_an_address_is_called(tmp_path, monkeypatch, names):
    path = certificate(tmp_path, "peer.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    names["peer.example"] = names["other.example"] = [["127.0.0.1"]]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    outgoing = Outgoing(inside_peers=True, limits=HASTY)

    with far_server(answer({}), tls=tls) as peer:
        assert outgoing.get_json(peer.url(host="peer.example", scheme="https")).status == 200
        with pytest.raises(PeerUnreachable) as refused:
            outgoing.get_json(peer.url(host="other.example", scheme="https"))

    assert "certificate" in refused.value.said("en").lower()
    assert len(peer.asked) == 1


@pytest.mark.parametrize("address", ["1.1.1.1", "203.0.114.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_outside_are_outside(address):
    assert not is_inside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.1.2.3", "169.254.169.254", "172.16.0.1", "192.168.1.1",
        "198.18.0.1", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1",
        "ff02::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_addresses_inside_are_inside(address):
    assert is_inside(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_ipv6_dress(address):
    dressed = [
        ipaddress.IPv6Address(f"::ffff:{address}"),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address)),
        ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80)),
    ]

    assert {is_inside(each) for each in dressed} == {is_inside(address)}
