// The workload in TensorFlow.js on its wasm backend. `window.ask(question)` gives a promise of the answer, both JSON:
// {"load": file}, {"loss": epochs}, {"time": seconds}.

// The largest exponent only keeps the sum in range; its derivative cancels, and the library has no second derivative of a maximum.
const largest = tf.customGrad((x) => ({ value: tf.max(x, 0, true), gradFunc: () => tf.zerosLike(x) }));

// The library keeps the exponential for its derivative in a way that cuts off the second one; this one is computed anew there.
const exponential = tf.customGrad((x, save) => {
  save([x]);
  return { value: x.exp(), gradFunc: (dy, [x]) => dy.mul(exponential(x)) };
});

// Psi at points x [inputs, samples], for parameters by name.
function potential(p, x) {
  let z;
  let h = null;
  for (let k = 1; p[`V${k}`]; k++) {
    const v = p[`V${k}`];
    const [modes, width, inputs] = v.shape;
    // All modes see the same points, so that one product does for them all.
    z = v.reshape([modes * width, inputs]).matMul(x).reshape([modes, width, -1]).add(p[`b${k}`]);
    if (h) z = z.add(p[`W${k}`].matMul(h));
    h = z.softplus();
  }
  const modes = z.shape[0];
  const gate = p.a.mul(5).sub(10).neg().softplus().neg().reshape([modes, 1]);
  const rho = p.rho.reshape([]);
  const exponents = gate.sub(rho.mul(z.reshape([modes, -1])));
  const top = largest(exponents);
  const total = exponential(exponents.sub(top)).sum(0).log().add(top.reshape([-1]));
  return total.neg().add(Math.log(modes)).div(rho);
}

let peer;

function make(workload) {
  const { task } = workload;
  const x = tf.tensor2d(workload.x, [task.samples, task.inputs]).transpose();
  const y = task.work === "values" ? tf.tensor1d(workload.y) : tf.tensor2d(workload.y, [task.samples, task.inputs]).transpose();
  let p = {};
  const gate = ["a", "rho"];

  const loss = () =>
    tf.tidy(() => {
      const fit = task.work === "values" ? potential(p, x) : tf.grad((points) => potential(p, points).sum())(x);
      return fit.sub(y).square().mean().add(p.a.abs().sum().mul(workload.epsilon)).asScalar();
    });

  let optimisers;
  const restart = () => {
    Object.values(p).forEach((variable) => variable.dispose());
    optimisers?.forEach((optimiser) => optimiser.dispose());
    p = Object.fromEntries(workload.params.map((a) => [a.name, tf.tensor(a.values, a.shape).variable()]));
    optimisers = [workload.lr, workload["gate-lr"]].map((lr) => tf.train.adam(lr, 0.9, 0.999, 1e-8));
  };

  const epoch = () =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss);
      for (const k of [0, 1]) {
        const names = Object.keys(p).filter((name) => gate.includes(name) === (k === 1));
        optimisers[k].applyGradients(names.map((name) => ({ name: p[name].name, tensor: grads[p[name].name] })));
      }
      for (const name in p) {
        if (name.startsWith("W")) p[name].assign(p[name].relu());
        if (name === "rho") p[name].assign(p[name].maximum(1e-3));
      }
    });

  restart();
  return { epoch, restart, loss };
}

// To the end of the work: the backend may run it later than it is asked to.
async function train(epochs) {
  for (let k = 0; k < epochs; k++) peer.epoch();
  await peer.loss().data();
}

async function answer(question) {
  if (question.load) {
    tf.wasm.setWasmPaths("./");
    await tf.setBackend("wasm");
    await tf.ready();
    peer = make(await (await fetch(question.load)).json());
    return { version: `TensorFlow.js ${tf.version.tfjs}`, backend: tf.getBackend() };
  }
  if (question.loss) {
    peer.restart();
    await train(question.loss);
    return (await peer.loss().data())[0];
  }
  const chunk = 5;
  const warm = performance.now();
  while (performance.now() - warm < 200 * question.time) await train(chunk);
  const start = performance.now();
  for (let done = chunk; ; done += chunk) {
    await train(chunk);
    const elapsed = performance.now() - start;
    if (elapsed >= 1e3 * question.time) return elapsed / done;
  }
}

window.ask = async (question) => JSON.stringify(await answer(JSON.parse(question)));
