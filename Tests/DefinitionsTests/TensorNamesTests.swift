import Definitions
import Testing

@Suite struct TensorNamesTests {
  @Test func theLongestKnownBeginningIsExchanged() {
    let names = TensorNames(["conv1": "features.0", "conv1.norm": "features.1", "fc": "head"])
    #expect(names.name(inFile: "conv1.weight") == "features.0.weight")
    #expect(names.name(inFile: "conv1.norm.running_mean") == "features.1.running_mean")
    #expect(names.name(inFile: "conv10.weight") == "conv10.weight")
    #expect(names.name(inFile: "fc.bias") == "head.bias")
    #expect(names.name(inFile: "fc") == "fc")
    #expect(TensorNames().name(inFile: "conv1.weight") == "conv1.weight")
    let wrapped = TensorNames(["conv1": "features.0"], common: "module.")
    #expect(wrapped.name(inFile: "conv1.weight") == "module.features.0.weight")
    #expect(wrapped.name(inFile: "fc.weight") == "module.fc.weight")
  }
}
