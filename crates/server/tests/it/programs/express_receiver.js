// A receiver as Express programmers write it: every name of the query is a key of its own.
const fs = require("node:fs");
const express = require("express");

const app = express();
app.get("/calls", (request, response) => {
  fs.appendFileSync(process.env.TOLD, JSON.stringify(request.query) + "\n");
  response.send("OK");
});
app.listen(Number(process.argv[2]), "127.0.0.1");
