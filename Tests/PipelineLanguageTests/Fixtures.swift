/// Text that tests add around what they test.
enum Fixture {
  /// A whole pipeline that uses most of the language.
  static let complete = """
    cambium: 1                        # grammar version
    name: general-to-specific

    params: {seed: 0, epochs: 20}

    datasets:
      photos: {source: data/cifar10.tar.gz}

    splits:
      halves:
        dataset: photos
        random: {tasks: [A, B], seed: "${seed}"}
      kinds:
        dataset: photos
        classes:
          natural: [bird, cat, deer, dog, frog, horse]
          man-made: [airplane, automobile, ship, truck]

    networks:
      small-alexnet:
        input: [3, 32, 32]
        layers:
          conv1: [conv: {filters: 64, kernel: 5, padding: 2}, relu, max-pool: {kernel: 3, stride: 2}, lrn]
          conv2: [conv: {filters: 64, kernel: 5, padding: 2}, relu, max-pool: {kernel: 3, stride: 2}, lrn]
          fc3:   [dense: 256, relu, dropout: 0.5]
          fc4:   [dense: classes]

    solvers:
      sgd: {batch: 128, epochs: "${epochs}", momentum: 0.9, decay: 0.0005,
            rate: {start: 0.01, step: {every: 8 epochs, by: 0.1}}}

    stages:
      "base-${task}":
        for: {task: [A, B]}
        train: {network: small-alexnet, on: "halves.${task}", solver: sgd}
      "${source}${n}B":
        for: {source: [A, B], n: 1..3}
        transfer:
          from: "base-${source}"
          layers: {"first ${n}": freeze, rest: initialize}
          on: halves.B
          solver: sgd
      "measure-${source}${n}B":
        for: {source: [A, B], n: 1..3}
        evaluate: {network: "${source}${n}B"}
      summary:
        report: {of: ["measure-*"]}

    """

  /// The sections that stages need: dataset `d`, split `s` with tasks A and B, network `n` of layers
  /// one and two, solver `g`.
  static let preamble = """
    cambium: 1
    datasets: {d: {source: data}}
    splits: {s: {dataset: d, random: {tasks: [A, B]}}}
    networks: {n: {input: [3, 8, 8], layers: {one: [dense: 4, relu], two: [dense: classes]}}}
    solvers: {g: {batch: 8, epochs: 1, rate: 0.1}}

    """

  /// The preamble with these stages after it.
  static func stages(_ stages: String) -> String { preamble + "stages:\n" + stages }
}
