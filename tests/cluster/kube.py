"""What the proofs on a real cluster share: kubectl, pods that listen, probes from inside of pods."""
import concurrent.futures
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
DIAL = 18080  # where a request makes a pod send a datagram: agnhost connect knows only TCP and SCTP
IMAGE = 'k8s.gcr.io/e2e-test-images/agnhost:2.21'
os.environ.setdefault('KUBECONFIG', os.environ.get('CLUSTER_RUN', '/run/netpol-cluster') + '/admin.kubeconfig')


def kubectl(*arguments, given=None, check=True, timeout=120):
    """The standard output. `given` is an object, or text, for standard input."""
    text = given if given is None or isinstance(given, str) else json.dumps(given)
    done = subprocess.run(['kubectl', *arguments], input=text, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f'kubectl {" ".join(arguments)}: {done.stderr.strip()}')
    return done.stdout


def read(*arguments):
    return json.loads(kubectl('get', *arguments, '-o', 'json'))


def apply(objects):
    if objects:
        kubectl('apply', '--validate=false', '-f', '-', given={'apiVersion': 'v1', 'kind': 'List', 'items': objects})


def delete(objects):
    if objects:
        kubectl('delete', '--ignore-not-found', '--wait=false', '-f', '-', given={'apiVersion': 'v1', 'kind': 'List', 'items': objects})


def documents(path):
    """The objects of a YAML file, read by kubectl."""
    out = kubectl('create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', path)
    decoder, objects, at = json.JSONDecoder(), [], 0
    while at < len(out):
        found, end = decoder.raw_decode(out, at)
        objects += found['items'] if found['kind'] == 'List' else [found]
        at = end
        while at < len(out) and out[at].isspace():
            at += 1
    return objects


def nodes():
    """name -> IPv4 address, in the order of names."""
    return {n['metadata']['name']: a['address'] for n in read('nodes')['items'] for a in n['status'].get('addresses', [])
            if a['type'] == 'InternalIP' and ':' not in a['address']}


def namespace(name, labels=None):
    return {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': name, 'labels': {'netpol-test': 'cluster', **(labels or {})}}}


def server(pod_name, pod_namespace, ports, node=None, labels=None, host_network=False, declared=None, dials=False):
    """A pod that listens on (port, protocol) pairs and runs shells; one that listens on UDP, or `dials`, can send datagrams."""
    listen = ''.join(f'/agnhost serve-hostname --http=false --{protocol.lower()} --port={port} & ' for port, protocol in sorted(ports))
    if dials or any(protocol == 'UDP' for _, protocol in ports):
        listen += f'/agnhost netexec --http-port={DIAL} --udp-port={DIAL + 1} & '
    container = {'name': 'agnhost', 'image': IMAGE, 'command': ['sh', '-c', f'{listen}exec /agnhost pause']}
    if declared and not host_network:
        container['ports'] = declared
    spec = {'containers': [container], 'terminationGracePeriodSeconds': 0, 'hostNetwork': host_network, 'automountServiceAccountToken': False,
            'enableServiceLinks': False, 'tolerations': [{'operator': 'Exists'}]}
    if node:
        spec['nodeName'] = node
    return {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': pod_name, 'namespace': pod_namespace, 'labels': labels or {}}, 'spec': spec}


def wait_ready(selector, count, seconds=180):
    """The pods of the label, all of them running and ready."""
    deadline = time.monotonic() + seconds
    while True:
        pods = read('pods', '-A', '-l', selector)['items']
        ready = [p for p in pods if any(c['type'] == 'Ready' and c['status'] == 'True' for c in p['status'].get('conditions', []))]
        if len(ready) >= count:
            return ready
        if time.monotonic() > deadline:
            raise TimeoutError(f'after {seconds} s {len(ready)} of {count} pods with {selector} are ready')
        time.sleep(1)


def addresses(pod):
    found = [a['ip'] for a in pod['status'].get('podIPs', [])]
    return {'IPv4': next((a for a in found if ':' not in a), None), 'IPv6': next((a for a in found if ':' in a), None)}


def probe(pod_namespace, pod_name, questions, expected=None, sctp=None):
    """questions: [(address, port or None, protocol)] -> [True: connected]. All at once, from inside of the pod.

    What is expected to connect gets more time: on a busy machine only time distinguishes slow from denied. `sctp` is the pod's program of sctp.c,
    where the kernel has no SCTP sockets.
    """
    script = ''
    for number, (address, port, protocol) in enumerate(questions):
        timeout = 5 if expected and expected[number] else 1
        host = f'[{address}]' if ':' in address else address
        if protocol == 'ICMP':
            ask = f'ping -c 1 -W {timeout} {address}'
        elif protocol == 'SCTP' and sctp:
            ask = f'{sctp} client {host}:{port} {timeout}'
        elif protocol == 'UDP':
            request = f'GET /dial?host={address}&port={port}&protocol=udp&request=hostname&tries=1 HTTP/1.0'
            ask = f"(printf '{request}\\r\\n\\r\\n'; sleep 1) | timeout {timeout + 1} nc 127.0.0.1 {DIAL} | grep -q responses"
        else:
            ask = f'/agnhost connect {host}:{port} --protocol={protocol.lower()} --timeout={timeout}s'
        script += f'({ask} >/dev/null 2>&1 && echo {number}) & '
    out = kubectl('exec', '-n', pod_namespace, pod_name, '--', 'sh', '-c', script + 'wait', timeout=60)
    connected = {int(line) for line in out.split()}
    return [number in connected for number in range(len(questions))]


def together(function, items, workers=8):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def say(text):
    print(text, flush=True)


def need_cluster():
    """Ends the script with 77 (skipped) where no API server answers."""
    if subprocess.run(['kubectl', 'get', '--raw', '/readyz'], capture_output=True).returncode != 0:
        say('skipped: no cluster answers at KUBECONFIG')
        sys.exit(77)
