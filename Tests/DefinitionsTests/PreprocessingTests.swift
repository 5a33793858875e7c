import Basics
import Definitions
import Testing

/// A step that is no part of the program.
private struct Fog: AugmentationStep {
  var traits: Traits
  var density = 1

  static var keyword: String { "fog" }
  var setting: Value { .integer(density) }
  var place: StepPlace { .pixels }
  var effect: AugmentationEffect {
    AugmentationEffect(name: "fog", clause: "there is fog")
  }
}

@Suite struct PreprocessingTests {
  private let still = Traits(isRandom: false, scope: .image)

  /// Fingerprints are taken over this value: it is as it was before steps were a list.
  @Test func theThreeFirstStepsAlwaysHaveEntries() {
    #expect(
      Preprocessing().value
        == ["mean": "image", "scale": 0.015625, "mirror": false, "crop": "center", "padding": 0])
    #expect(
      Preprocessing(
        .centered(.none, scale: 1.0 / 64), augmentation: [Padding(4), Mirror(), RandomCrop()]
      ).value
        == ["mean": "none", "scale": 0.015625, "mirror": true, "crop": "random", "padding": 4])
  }

  @Test func withAnotherStepTheValueListsAllInOrder() {
    let fog = Fog(traits: still, density: 7)
    #expect(
      Preprocessing(augmentation: [Mirror(), fog, RandomCrop(), Padding(2)]).value
        == [
          "mean": "image", "scale": 0.015625,
          "augment": [["mirror": true], ["fog": 7], ["padding": 2], ["crop": "random"]],
        ])
  }

  @Test func fixedNumbersTakeThePlaceOfMeanAndScale() {
    let value = Preprocessing(.fixed(mean: [0.5], deviation: [0.25])).value
    #expect(
      value == [
        "normalize": ["mean": [0.5], "deviation": [0.25]], "mirror": false, "crop": "center",
        "padding": 0,
      ])
  }

  /// A mirror image of a crop is a crop of the mirror image.
  @Test func viewsSideBySideAreInOneOrder() {
    let fog = Fog(traits: still)
    let one = Preprocessing(augmentation: [fog, Mirror(), RandomCrop(), Padding(2)])
    let other = Preprocessing(augmentation: [fog, Padding(2), RandomCrop(), Mirror()])
    #expect(one == other && one.hashValue == other.hashValue && one.value == other.value)
    #expect(one.augmentation.map(\.keyword) == ["fog", "padding", "crop", "mirror"])
    #expect(one.border == 2)
    #expect(one != Preprocessing(augmentation: [fog, Mirror(), RandomCrop(), Padding(3)]))
    // Fog over a mirror image is not the same step.
    let last = Preprocessing(augmentation: [Mirror(), fog, RandomCrop(), Padding(2)])
    #expect(one != last && one.value.fingerprint != last.value.fingerprint)
  }

  @Test func whatCannotFollowIsAProblem() {
    func problem(_ steps: any AugmentationStep...) -> AugmentationProblem? {
      AugmentationProblem(steps)
    }
    #expect(problem() == nil)
    #expect(problem(Rotate(degrees: 5), Mirror(), RandomResizedCrop(), Cutout(size: 2)) == nil)
    #expect(problem(Mirror(), Rotate(degrees: 5), Mirror()) == .twice(earlier: 0, later: 2))
    #expect(problem(RandomCrop(), RandomResizedCrop()) == .twoCrops(earlier: 0, later: 1))
    #expect(problem(Cutout(size: 2), Mirror()) == .tooLate(earlier: 0, later: 1))
    #expect(problem(Mixup(), Cutout(size: 2)) == .tooLate(earlier: 0, later: 1))
  }

  @Test func whatIsRandomOrLooksAtOtherImagesCannotBeRepeated() {
    func step(_ steps: (any AugmentationStep)...) -> String? {
      Preprocessing(augmentation: steps).unrepeatableStep?.effect.name
    }
    #expect(step() == nil && step(Padding(2), Fog(traits: still)) == nil)
    #expect(step(Mirror()) == "mirroring" && step(RandomCrop(), Padding(1)) == "random-crops")
    #expect(step(RandomCrop(), Mirror()) == "mirroring")
    #expect(step(Fog(traits: Traits(isRandom: true, scope: .image))) == "fog")
    #expect(step(Fog(traits: Traits(isRandom: false, scope: .batch))) == "fog")
  }
}
