# A worker: the image resumelb with an application, whose package.json is in the build context.
FROM resumelb
COPY --chown=node package.json package-lock.json* ./
RUN npm install --omit=dev --no-audit --no-fund
COPY --chown=node . .
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["get-worker-resume", "127.0.0.1:8000"]
ENTRYPOINT ["resumelb-worker", "--address", "0.0.0.0:8000"]
CMD ["./app.js"]
