/// The revisions of what the code computes: part of every fingerprint, so that artifacts of older code
/// are not taken for the newer's.
///
/// Raise one whenever a change of code can change the bits of a result on one machine: another order of a
/// sum, another algorithm for a shape, another draw of random numbers. Leave it for changes that cannot:
/// speed at equal bits, messages, new kinds of layer.
package enum NumericsRevision {
  /// Decoding, resizing and packing images.
  package static let packing = 1
  /// The same where unreadable images are left out, since which images these are has changed. 2: JPEGs with harmless
  /// warnings are read.
  package static let packingWithoutUnreadable = 2
  /// Packing images encoded as JPEG: decoding at a reduced size, resizing, encoding, and decoding again.
  package static let encodedPacking = 1
  /// Training and evaluation: weights, losses and scores. A network's may be higher: see `NetworkDefinition.revision`.
  package static let engine = 1
  /// Analyses of activations: classifiers on them, scores of transferability.
  package static let analysis = 1
  /// Comparisons of networks, added to that of their activations. 1: layers that are constant on nearly all images have no CKA.
  package static let comparison = 1
  /// Tables and figures. 9: results without a limit on examples are of the same tasks, texts have the tables of analyses. 8: what layers were copied from is the transfer's source, and recipes are distinguished everywhere. 7: analyses leave out networks that did not train, and their intervals end where accuracies do. 6: only bases that layers are copied from are listed as such.
  package static let reporting = 9
}
