/// Tiny pipelines that run in a tenth of a second or so, and use most of what stages can do. Each is changed in a
/// value or two, and run.
enum RunFuzzBases {
  /// What pipelines read beside the built-in images: made by `RunFuzzFolder`.
  static let all = [training, transfers, study, files]

  /// Every operation and setting of a training, with its measurements.
  private static let training = """
    cambium: 1
    name: fuzz
    params: {seed: 0, epochs: {type: integer, default: 2, min: 1}}
    datasets:
      shapes: {source: builtin:shapes, seed: 3, examples: {train: 6, test: 3}, size: 8, fit: crop, channels: 3, unreadable: error, mean: color, scale: 0.02, augment: {mirror: true, crop: random, padding: 2}, hold-out: {fraction: 0.3, seed: 1}}
    networks:
      net:
        input: [3, 8, 8]
        layers:
          conv1: [conv: {filters: 4, kernel: 3, stride: 1, padding: 1, groups: 1, weights: {gaussian: 0.1}, weight-rate: 1, weight-decay: 1}, batch-norm: {epsilon: 0.001, momentum: 0.2}, relu, max-pool: {kernel: 2, stride: 2, padding: 1, rounding: up}, lrn: {size: 3, alpha: 0.0001, beta: 0.75, k: 1}]
          conv2: [conv: {filters: 8, kernel: 2, groups: 2, biases: none}, tanh, average-pool: {kernel: 2, rounding: down}]
          fc3: [dense: {units: 12, weights: xavier, biases: {constant: 0.1}, bias-rate: 2, bias-decay: 0}, relu, dropout: 0.5]
          fc4: [dense: classes]
    solvers:
      sgd: {batch: 16, epochs: "${epochs}", momentum: 0.9, decay: 0.0005, rate: {start: 0.01, step: {every: 1 epochs, by: 0.1}, warm-up: 2 iterations}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd, seed: "${seed}", validate: {every: 1 epochs, subset: [validation, test]}}}
      few: {train: {network: net, on: {task: shapes, examples: 2}, solver: {batch: 8, iterations: 3, rate: 0.1}, seed: 1}}
      final: {evaluate: {network: base, subset: test}}
      mean: {evaluate: {network: base, subset: test, score: {mean-of-last: 2}}}
      best: {evaluate: {network: base, subset: validation, score: {best: 1, on: validation}}}
      all: {report: all}

    """

  /// Chains of transfers between tasks, datasets and networks.
  private static let transfers = """
    cambium: 1
    name: fuzz
    datasets:
      shapes: {source: builtin:shapes, examples: {train: 4, test: 2}, size: [8, 8]}
      grey: {source: builtin:shapes, seed: 9, examples: {train: 4, test: 2}, size: 8, mean: none}
    splits:
      halves: {dataset: shapes, random: {tasks: [A, B], seed: 1}}
      kinds: {dataset: shapes, classes: {natural: [branch, flower, leaf, snake, starfish], man-made: [gear, house, ladder, truck, window]}}
    networks:
      net: {input: [3, 8, 8], layers: {one: [conv: {filters: 4, kernel: 3}, relu], two: [dense: 6, relu], three: [dense: classes]}}
      wide: {input: [3, 7, 7], layers: {one: [conv: {filters: 4, kernel: 3}, relu], two: [dense: 9, tanh], three: [dense: 5]}}
    solvers:
      sgd: {batch: 8, epochs: 1, momentum: 0.5, rate: {start: 0.01, cosine: {end: 0.001}}}
      adapt: {batch: 4, iterations: 2, rate: {start: 0.01, polynomial: {power: 2}}}
    stages:
      base-A: {train: {network: net, on: halves.A, solver: sgd, seed: 1}}
      base-B: {train: {network: net, on: halves.B, solver: sgd, seed: 2}}
      A1B: {transfer: {from: base-A, layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: adapt, seed: 3}}
      A1B+: {transfer: {from: base-A, layers: {one: {fine-tune: {rate: 0.1}}, two: random, three: {initialize: {rate: 10}}}, on: halves.B, solver: adapt, mean: source}}
      next: {transfer: {from: A1B, layers: {one..two: fine-tune, last 1: freeze}, on: halves.B, solver: adapt, seed: 4}}
      kind: {transfer: {from: base-A, network: wide, layers: {one: freeze, rest: initialize}, on: kinds.natural, solver: adapt}}
      other: {transfer: {from: base-A, layers: {two: freeze, one: freeze, rest: initialize}, on: grey, solver: sgd, mean: source}}
      test-A: {evaluate: {network: base-A}}
      test-A1B: {evaluate: {network: A1B, on: halves.B, subset: train}}
      test-next: {evaluate: {network: next, on: halves.B}}
      test-grey: {evaluate: {network: other, on: shapes}}
      summary: {report: {of: ["test-*"]}}

    """

  /// A study with all of its settings.
  private static let study = """
    cambium: 1
    name: fuzz
    params: {seed: 0}
    datasets:
      shapes: {source: builtin:shapes, examples: {train: 4, test: 2}, size: 8, hold-out: {per-class: 1}}
    splits:
      halves: {dataset: shapes, random: {tasks: [A, B], seed: "${seed}"}}
    networks:
      net: {input: [3, 8, 8], layers: {one: [conv: {filters: 4, kernel: 3, stride: 2}, relu], two: [dense: 6, relu], three: [dense: classes]}}
    solvers:
      sgd: {batch: 8, iterations: 2, rate: {start: 0.01, multistep: {at: [1 iterations, 2 iterations], by: 0.5}}}
      short: {batch: 8, iterations: 1, rate: {start: 0.01, exponential: {by: 0.99}}}
    studies:
      main:
        split: halves
        network: net
        solver: sgd
        layers: 1..2
        treatments: [BnB, AnB+, RnB]
        preserve: [0, 1]
        mean: source
        validate: {every: 1 iterations, subset: [validation, test]}
        score: {best: 1, on: validation}
        base: {solver: short, seed: 3}
        repeat: {seed: [0, 1]}

    """

  /// Images, classes and weights from files, and sweeps.
  private static let files = """
    cambium: 1
    name: fuzz
    datasets:
      photos: {source: data, classes: [dark, light], images: {train: 6, test: {per-class: 2}}, unreadable: skip, augment: {mirror: false, crop: center}}
      small: {source: data, size: 6, channels: 1, mean: image}
    splits:
      named: {dataset: small, classes: {both: {file: classes.txt, lists: names}}}
    networks:
      net: {input: [3, 8, 8], layers: {one: [conv: {filters: 2, kernel: 3}, relu, average-pool: {kernel: 6}], two: [dense: classes]}}
      grey: {input: [1, 6, 6], layers: {one: [dense: 4, tanh], two: [dense: classes]}}
    solvers:
      sgd: {batch: 4, epochs: 1, rate: 0.01}
    stages:
      "base-${n}": {for: {n: 1..2}, train: {network: net, on: photos, solver: sgd, seed: "${n}"}}
      tuned: {transfer: {from: w.safetensors, network: net, layers: {one: freeze, two: initialize}, on: photos, solver: sgd}}
      named: {transfer: {from: {file: v.safetensors, names: {one: "features.0", two: "classifier.1"}}, network: net, layers: {rest: fine-tune}, on: photos, solver: sgd}}
      grey: {train: {network: grey, on: named.both, solver: sgd, validate: {every: 1 iterations, subset: test}}}
      test-grey: {evaluate: {network: grey, score: {mean-of-last: 1}}}
      "test-${s}": {for: {s: [base-1, tuned, named]}, evaluate: {network: "${s}"}}
      table: {report: {of: ["test-*"]}}

    """
}
