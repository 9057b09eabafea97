// The worker of the widget.

import { serve } from "./engine.js";

self.onmessage = serve((message, moved) => self.postMessage(message, moved));
