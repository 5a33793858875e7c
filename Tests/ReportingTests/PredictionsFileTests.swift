import Reporting
import Results
import Testing

@Suite struct PredictionsFileTests {
  private let predictions = [
    Prediction(image: 0, name: "test/=dog/0", label: 1, predicted: 0, values: [1.5, -2]),
    Prediction(image: 1, name: "=x", label: 0, predicted: 0, values: [0.25, 0]),
  ]

  @Test func aTableHasALineForEachImage() {
    let file = PredictionsFile(.csv, classes: ["cat, tabby", "=dog"])
    let text = String(decoding: file.start(images: 2) + file.rows(predictions), as: UTF8.self)
    #expect(
      text == """
        image,name,label,prediction,"cat, tabby",'=dog
        0,test/=dog/0,'=dog,"cat, tabby",1.5,-2.0
        1,'=x,"cat, tabby","cat, tabby",0.25,0.0

        """)
  }

  @Test func scoresThatAreNoNumbersPredictNothing() {
    let file = PredictionsFile(.csv, classes: ["cat", "dog"])
    let odd = [Prediction(image: 0, name: "a", label: 1, predicted: nil, values: [.nan, 1])]
    #expect(String(decoding: file.rows(odd), as: UTF8.self) == "0,a,dog,,nan,1.0\n")
  }

  /// What `numpy.save` writes for the same array.
  @Test func anArrayIsInNumPysFormat() {
    let file = PredictionsFile(.npy, classes: ["cat", "dog"])
    let start = file.start(images: 2)
    #expect(start.count == 128 && start.prefix(8) == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
    #expect(start[8] == 118 && start[9] == 0 && start.last == 10)
    #expect(
      String(decoding: start[10...], as: UTF8.self)
        .hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"))
    #expect(
      file.rows(predictions)
        == [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3e, 0, 0, 0, 0])
  }
}
