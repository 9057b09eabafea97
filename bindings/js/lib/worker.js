// A worker of the package in a browser.

import { serve } from "./engine.js";

self.onmessage = serve((message, moved) => self.postMessage(message, moved));
