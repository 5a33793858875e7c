/// The file written by `cambium init`: a study that runs in seconds, with comments on what to change.
enum StarterPipeline {
  static let text = """
    # A small feature-transfer study. Show what it would do, then run it:
    #
    #   cambium plan FILE
    #   cambium run FILE
    #
    # After a change, plan again: only stages that depend on it run.
    cambium: 1
    name: starter

    params: {epochs: 3}               # cambium run FILE --set epochs=10

    datasets:
      # Ten classes of rendered objects; no files are needed. To use your own images, name a folder or archive of
      # train/<class>/* and test/<class>/*:
      #   photos: {source: photos.tar.gz, size: [32, 32]}
      shapes: {source: builtin:shapes, examples: {train: 100, test: 50}}   # per class

    splits:
      # Divides the classes at random into two tasks of five classes each.
      halves: {dataset: shapes, random: {tasks: [A, B], seed: 0}}

    networks:
      small:
        input: [3, 32, 32]            # channels, height, width
        layers:
          conv1: [conv: {filters: 16, kernel: 5, padding: 2}, relu, max-pool: {kernel: 2, stride: 2}]
          conv2: [conv: {filters: 32, kernel: 3, padding: 1}, relu, max-pool: {kernel: 2, stride: 2}]
          fc3: [dense: classes]       # one unit per class of the task

    solvers:
      sgd: {batch: 25, epochs: "${epochs}", momentum: 0.9, decay: 0.0005, rate: 0.02}

    stages:
      # A network trained from scratch on each task.
      "base-${task}":
        for: {task: [A, B]}
        train: {network: small, on: "halves.${task}", solver: sgd}

      # The first n layers copied from A's network and frozen, the rest initialised and trained on B. The other verbs
      # are fine-tune (copied, learning) and random (initialised, frozen).
      "A${n}B":
        for: {n: 1..2}
        transfer:
          from: base-A
          layers: {"first ${n}": freeze, rest: initialize}
          on: halves.B
          solver: sgd

      "test-${net}":
        for: {net: [base-B, A1B, A2B]}
        evaluate: {network: "${net}"}

      accuracy:
        report: all

    """
}
