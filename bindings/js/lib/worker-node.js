// A thread of the package in Node.

import { parentPort } from "node:worker_threads";

import { serve } from "./engine.js";

const handleMessage = serve((message, moved) => parentPort.postMessage(message, moved));
parentPort.on("message", (data) => handleMessage({ data }));
