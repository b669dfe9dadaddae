"""The load of the bench: SIPp as caller and as agent, its scenarios, and what it says of a run."""
import csv
import glob
import math
import time

from program import start

SERVER, CALLER, AGENT, BOT = 5060, 5090, 5070, 8765
CALLED = {"a": "2000", "b": "2002", "c": "2003", "signalling": "2000"}

REQUEST = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:+918055500[call_number]@[local_ip]>;tag=c[pid]-[call_number]
Call-ID: [call_id]
Max-Forwards: 70
Contact: <sip:caller@[local_ip]:[local_port]>
"""
SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio {port} RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""
SAME = "[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
DONE = f"<send><![CDATA[\nSIP/2.0 200 OK\n{SAME.format(tag='')}Content-Length: 0\n\n]]></send>"
IN_DIALOG = "To: <sip:[service]@[remote_ip]>[peer_tag_param]\nContent-Length: 0\n\n]]></send>"


def caller(scenario, hold_ms, audio):
    """The scenario of a caller, as XML. With audio it sends RTP from its ACK on."""
    port = "[rtpstream_audio_port]" if audio else "7000"
    start_whole = ' start_rtd="2"' if scenario in "ab" else ""
    invite = f"""<send retrans="500" start_rtd="1"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{REQUEST}To: <sip:[service]@[remote_ip]>
CSeq: 1 INVITE
{SDP.format(port=port)}
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rtd="1"{start_whole} rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
{REQUEST}CSeq: 1 ACK
{IN_DIALOG}"""
    speak = f'<nop><action><exec rtp_stream="{audio},-1,0"/></action></nop>' if audio else ""
    if scenario in "ab":
        end = f'<recv request="BYE" rtd="2"/>{DONE}'
    else:
        pause = f'<pause milliseconds="{hold_ms}"/>' if hold_ms else ""
        end = f"""{pause}<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
{REQUEST}CSeq: 2 BYE
{IN_DIALOG}
<recv response="200"/>"""
    return f'<?xml version="1.0"?><scenario name="caller">{invite}{speak}{end}</scenario>'


def agent():
    """The scenario of an agent that answers at once; SIPp's -rtp_echo sends its RTP back."""
    ok = f"SIP/2.0 200 OK\n{SAME.format(tag=';tag=a[call_number]')}Contact: <sip:agent@[local_ip]:[local_port]>\n"
    return f"""<?xml version="1.0"?><scenario name="agent"><recv request="INVITE"/>
<send retrans="500"><![CDATA[
{ok}{SDP.format(port="[media_port]")}
]]></send>
<recv request="ACK"/><recv request="BYE" timeout="60000"/>{DONE}</scenario>"""


def sipp(folder, scenario, arguments):
    """A SIPp with this scenario, on its way."""
    folder.mkdir()
    (folder / "scenario.xml").write_text(scenario)
    return start("load", ["sipp", "-sf", "scenario.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", *arguments], folder)


def call(folder, scenario, rate, calls, hold_ms=0, audio=None, watch=lambda seconds: None):
    """Makes calls at a rate, no longer than they may take, and tells what became of them. `watch` looks on meanwhile."""
    seconds = math.ceil(calls / rate + hold_ms / 1000 + 15)
    began = time.monotonic()
    process = sipp(folder, caller(scenario, hold_ms, audio), [
        f"127.0.0.1:{SERVER}", "-s", CALLED[scenario], "-p", CALLER, "-mp", 6100, "-r", rate, "-m", calls, "-l", 9000,
        "-timeout", seconds, "-recv_timeout", 10000, "-buff_size", 4 << 20, "-trace_rtt", "-rtt_freq", 50,
        "-trace_stat", "-fd", 1, "-stf", "stat.csv", "-trace_err", "-error_file", "errors.log"])
    try:
        while process.poll() is None and time.monotonic() - began < seconds + 10:
            watch(time.monotonic() - began)
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
    rows = list(csv.DictReader(open(folder / "stat.csv"), delimiter=";"))
    number = lambda row, name: int(row[name])
    last, made = rows[-1], [number(row, "TotalCallCreated") for row in rows]
    busy = [after - before for before, after in zip(made, made[1:]) if 0 < before and after < calls]
    times = {"1": [], "2": []}
    for path in glob.glob(f"{folder}/*rtt.csv"):
        for line in open(path).readlines()[1:]:
            _, took, name, *_ = line.strip().split(";")
            times.setdefault(name.strip('"'), []).append(float(took))
    ok = number(last, "SuccessfulCall(C)")
    return {"ok": ok, "failed": calls - ok, "resent": number(last, "Retransmissions(C)"),
            "rate": sum(busy) / len(busy) if busy else rate,
            "answer": quantiles(times["1"]), "whole": quantiles(times["2"])}


def quantiles(values):
    """p50 and p99."""
    values = sorted(values)
    return tuple(values[min(len(values) - 1, int(len(values) * share))] for share in (0.5, 0.99)) if values else (0.0, 0.0)
