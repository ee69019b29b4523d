// @ts-check
/** The one script of every page: defines the site's custom elements. */
import "./scrollers.js";
import "./widgets/prompt-box.js";
import "./widgets/learn-bench.js";
import "./widgets/speed-test.js";
import "./widgets/view-attention-heads.js";
import "./widgets/view-attention-scores.js";
import "./widgets/view-attention-weights.js";
import "./widgets/view-attention.js";
import "./widgets/view-embeddings.js";
import "./widgets/view-fact.js";
import "./widgets/view-block-words.js";
import "./widgets/view-distribution.js";
import "./widgets/view-gelu.js";
import "./widgets/view-layer-norm-gains.js";
import "./widgets/view-layer-norm-scaled.js";
import "./widgets/view-layer-norm-tokens.js";
import "./widgets/view-layer-norm.js";
import "./widgets/view-lines.js";
import "./widgets/view-logit-lens.js";
import "./widgets/view-logits.js";
import "./widgets/view-longest-match.js";
import "./widgets/view-merges.js";
import "./widgets/view-neighbours.js";
import "./widgets/view-neurons.js";
import "./widgets/view-next-token.js";
import "./widgets/view-position-channels.js";
import "./widgets/view-positions.js";
import "./widgets/view-residual.js";
import "./widgets/view-softmax.js";
import "./widgets/view-split-heads.js";
import "./widgets/view-surprise.js";
import "./widgets/view-tokens.js";
import "./widgets/view-utf8.js";
import "./widgets/view-vocabulary.js";
import "./widgets/view-words.js";
import { engine } from "./engine.js";

// ?model=URL offers the checkpoint at that address, once for a page load: the reader is asked before anything is fetched
const address = new URLSearchParams(globalThis.location?.search).get("model");
if (address) engine.arrivals.offerAddress(address);
