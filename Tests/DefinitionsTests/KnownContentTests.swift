import Definitions
import Testing

@Suite struct KnownContentTests {
  private let shapes = DatasetDefinition(source: .shapes(seed: 0, train: 20, test: 10))

  @Test func builtInContentIsKnown() {
    #expect(shapes.knownClasses == .named(ShapeClass.allCases.map(\.rawValue)))
    #expect(shapes.imageSize == DatasetDefinition.Size(height: 32, width: 32))
    #expect(shapes.knownImages(.train as Subset) == 20)
    #expect(shapes.knownImages(.test as Portion) == 10)
    var held = shapes
    held.holdOut = HoldOut(amount: .fraction(0.25))
    #expect(held.knownImages(.train as Portion) == 15)
    #expect(held.knownImages(.validation) == 5)
  }

  @Test func filesAreKnownAsFarAsTheyAreDeclared() {
    var photos = DatasetDefinition(source: .path("photos"))
    #expect(photos.knownClasses == nil && photos.imageSize == nil)
    #expect(photos.knownImages(.train as Subset) == nil)
    photos.declaration = DatasetDeclaration(
      classes: .count(7), train: .total(70), test: .perClass(3))
    #expect(photos.knownClasses == .counted(7))
    // A total does not determine the number per class.
    #expect(photos.knownImages(.train as Subset) == nil)
    #expect(photos.knownImages(.test as Portion) == 3)
  }

  @Test func partsOfARandomDivisionAreCounted() {
    for total in 2...12 {
      for tasks in 2...5 {
        let all = (0..<total).map { "class \($0)" }
        for task in 0..<tasks {
          let part = ClassSelection.random(seed: 3, task: task, tasks: tasks)
          #expect(part.count(among: .counted(total)) == part.names(among: .named(all))?.count)
          #expect(part.names(among: .counted(total)) == nil)
        }
      }
    }
    #expect(ClassSelection.named(["a", "b"]).count(among: nil) == 2)
    #expect(ClassSelection.all.count(among: nil) == nil)
  }

  private func task(
    _ name: String, of split: String? = "s", in dataset: String = "d", _ classes: ClassSelection
  ) -> TaskDefinition {
    TaskDefinition(dataset: dataset, split: split, name: name, classes: classes)
  }

  @Test func classesAreComparedByName() {
    func differ(
      _ left: TaskDefinition, _ right: TaskDefinition, _ known: KnownClasses? = nil,
      _ others: KnownClasses? = nil
    ) -> Bool? { left.differsInClasses(from: right, known, others ?? known) }
    let a = task("A", .random(seed: 1, task: 0, tasks: 2))
    let b = task("B", .random(seed: 1, task: 1, tasks: 2))
    #expect(differ(a, a) == false)
    // Parts of one division share no class, whatever the classes are.
    #expect(differ(a, b) == true)
    let again = task("A", of: "t", .random(seed: 2, task: 0, tasks: 2))
    #expect(differ(a, again) == nil)
    #expect(differ(a, again, .counted(10)) == nil)
    #expect(differ(a, task("d", of: nil, .all)) == true)
    #expect(differ(task("d", of: nil, .all), a) == true)
    let all = task("d", of: nil, .all), other = task("e", of: nil, in: "e", .all)
    #expect(differ(all, other, .named(["x", "y"]), .named(["y", "x"])) == false)
    #expect(differ(all, other, .named(["x", "y"]), .named(["y", "z"])) == true)
    #expect(differ(all, other, .counted(2), .counted(2)) == nil)
  }

  @Test func measurementsAreCounted() {
    var solver = SolverDefinition(batch: 10, length: .epochs(5), rate: RateSchedule(start: 1))
    func count(_ every: TrainingLength, _ images: Int? = nil) -> Int? {
      ValidationRule(every: every, subsets: [.test]).count(in: solver, images: images)
    }
    #expect(count(.epochs(1)) == 5)
    // After two, four and five epochs.
    #expect(count(.epochs(2)) == 3)
    #expect(count(.iterations(4)) == nil)
    // Five epochs of three steps: after 4, 8, 12 and 15.
    #expect(count(.iterations(4), 25) == 4)
    solver.length = .iterations(8)
    #expect(count(.iterations(4)) == 2)
    #expect(count(.epochs(1), 25) == 3)
  }
}
