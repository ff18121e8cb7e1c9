# A server of your taggers, without torch and DVC: docs/predict.md says how to build and run it.
FROM python:3.11-slim
COPY build/wheel/ /wheel/
RUN for wheel in /wheel/*.whl; do pip install --no-cache-dir "$wheel[serve]"; done && rm -r /wheel
COPY models/tagger/ /models/tagger/
USER nobody
EXPOSE 8765
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/healthz')"]
STOPSIGNAL SIGINT
ENTRYPOINT ["recurrent-ner-serve", "--host", "0.0.0.0", "--no-open"]
