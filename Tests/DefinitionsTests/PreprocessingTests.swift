import Basics
import Definitions
import Testing

/// A step that is no part of the program.
private struct Fog: AugmentationStep {
  var traits: Traits
  var density = 1

  static var keyword: String { "fog" }
  var setting: Value { .integer(density) }
  var place: ViewPlace { .pixels }
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

  @Test func anotherStepHasAnEntryWhereItIsUsed() {
    let preprocessing = Preprocessing(augmentation: [Mirror(), Fog(traits: still, density: 7)])
    #expect(
      preprocessing.value
        == [
          "mean": "image", "scale": 0.015625, "mirror": true, "crop": "center", "padding": 0,
          "fog": 7,
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

  @Test func stepsComeInTheOrderOfTheirPlaces() {
    let one = Preprocessing(
      augmentation: [Mirror(), RandomCrop(), Padding(2), Fog(traits: still)])
    let other = Preprocessing(
      augmentation: [Fog(traits: still), Padding(2), Mirror(), RandomCrop()])
    #expect(one == other && one.hashValue == other.hashValue)
    #expect(one.augmentation.map(\.keyword) == ["fog", "padding", "crop", "mirror"])
    #expect(one.border == 2)
    #expect(one != Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(3)]))
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
