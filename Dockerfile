# The bots of `nija trade`; see docker-compose.yml and docs/brokers.md.
FROM python:3.13-slim
WORKDIR /nija
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY nija_plugins nija_plugins
RUN pip install --no-cache-dir -c constraints.txt .
CMD ["nija", "trade"]
