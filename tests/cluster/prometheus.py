"""A real Prometheus that scrapes the pods that are annotated for it. Debian's cannot look for them itself."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import kube
from kube import say

ADDRESS = '127.0.0.1:9099'


def annotated():
    """Where the annotated pods answer. They have their nodes' addresses, so a pod that replaces one answers there too."""
    for pod in kube.read('pods', '-A')['items']:
        said = pod['metadata'].get('annotations', {})
        if said.get('prometheus.io/scrape') == 'true':
            yield f'{pod["status"]["podIP"]}:{said["prometheus.io/port"]}'


class Prometheus:
    """Runs while it is entered."""

    def __enter__(self):
        if not shutil.which('prometheus'):
            say('skipped: prometheus is not installed: apt-get install prometheus')
            sys.exit(77)
        self.folder = tempfile.mkdtemp(prefix='npt-prometheus-')
        configuration = os.path.join(self.folder, 'prometheus.yml')
        with open(configuration, 'w') as file:
            json.dump({'global': {'scrape_interval': '1s'}, 'scrape_configs': [{'job_name': 'pods', 'static_configs': [{'targets': sorted(annotated())}]}]}, file)
        self.log = open(os.path.join(self.folder, 'log'), 'w+')
        self.process = subprocess.Popen(['prometheus', '--config.file', configuration, '--storage.tsdb.path', os.path.join(self.folder, 'data'),
                                         '--web.listen-address', ADDRESS], stdout=self.log, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder)

    def ask(self, query):
        """labels in the order of their names -> number; None while it starts."""
        if self.process.poll() is not None:
            self.log.seek(0)
            raise RuntimeError(f'prometheus ended: {self.log.read()[-2000:]}')
        try:
            with urllib.request.urlopen(f'http://{ADDRESS}/api/v1/query?query={urllib.parse.quote(query)}', timeout=10) as answer:
                samples = json.load(answer)['data']['result']
        except OSError:
            return None
        return {tuple(value for _, value in sorted(s['metric'].items())): float(s['value'][1]) for s in samples}

    def scraped(self):
        """The moment of the oldest of the last scrapes; 0 while one of them failed."""
        times = self.ask('min(timestamp(up) * up)')
        return times.get((), 0) if times else 0

    def wait_scrape(self, seconds=30):
        """Until everything there is was scraped once more: what happened before is in it."""
        # The agent answers two scrapes within a second from one reading of the kernel's counters.
        since, deadline = time.time() + 1, time.monotonic() + seconds
        while self.scraped() <= since:
            if time.monotonic() > deadline:
                raise TimeoutError(f'in {seconds} s prometheus did not scrape every pod: {self.ask("up")}')
            time.sleep(0.2)
