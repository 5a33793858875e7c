"""Small datasets in the formats in which public sets are distributed, and what an independent reader finds in them.

    python3 formats.py          writes formats/ and formats.json next to this file
    python3 formats.py ilsvrc SAMPLE.tar FOLDER
                                writes a miniature of ILSVRC2012 made of photographs in class folders, and ilsvrc.json

What is written is read again from the files with Python's own modules and NumPy, with pickles disabled. For each set the record
has the classes, the number of images of each class, and SHA-256 digests of the labels and of the pixels (for ILSVRC of the
files), in Cambium's order: training images, then test images, each by class and then in the order of the files.
"""
import csv, gzip, hashlib, io, json, os, struct, sys, tarfile, zipfile, zlib
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, 'formats')
CIFAR10 = 'airplane automobile bird cat deer dog frog horse ship truck'.split()


# --- writing ---

def image(seed, height, width, channels):
    """Two colours in a pattern that differs from image to image, so that files stay small."""
    y, x = np.mgrid[0:height, 0:width]
    mask = ((x // (1 + seed % 5) + y // (1 + seed % 3)) % 2).astype(np.uint8)
    colours = np.array([[(seed * 37 + c * 50) % 256, (seed * 91 + c * 20 + 128) % 256] for c in range(channels)], np.uint8)
    return np.stack([np.where(mask, colours[c, 0], colours[c, 1]) for c in range(channels)], axis=-1).astype(np.uint8)


def png(pixels):
    height, width, channels = pixels.shape
    rows = b''.join(b'\0' + pixels[y].tobytes() for y in range(height))
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    header = struct.pack('>IIBBBBB', width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b'')


def write(path, data):
    path = os.path.join(OUT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file: file.write(data)


def tar(files, mode='w'):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def gz(data): return gzip.compress(data, 9, mtime=0)


def make_cifar():
    def record(seed, *labels): return bytes(labels) + image(seed, 32, 32, 3).transpose(2, 0, 1).tobytes()
    batches = [(f'cifar-10-batches-bin/data_batch_{b + 1}.bin',
                b''.join(record(b * 10 + i, (3 * i + b) % 10) for i in range(10))) for b in range(5)]
    # In the order of the archive as distributed.
    files = [batches[0], ('cifar-10-batches-bin/batches.meta.txt', ('\n'.join(CIFAR10) + '\n\n').encode()), *batches[2:],
             batches[1], ('cifar-10-batches-bin/readme.html', b'<html></html>\n'),
             ('cifar-10-batches-bin/test_batch.bin', b''.join(record(900 + i, 9 - i) for i in range(10)))]
    write('cifar-10-binary.tar.gz', gz(tar(files)))
    fine = ''.join(f'fine{n:02}\n' for n in range(100))
    coarse = ''.join(f'coarse_{n:02}\n' for n in range(20))
    train = b''.join(record(i, (i * 7 % 100) // 5, i * 7 % 100) for i in range(100))
    test = b''.join(record(500 + i, (99 - i) // 5, 99 - i) for i in range(100))
    write('cifar-100-binary.tar.gz', gz(tar([
        ('cifar-100-binary/fine_label_names.txt', fine.encode()), ('cifar-100-binary/train.bin', train),
        ('cifar-100-binary/test.bin', test), ('cifar-100-binary/coarse_label_names.txt', coarse.encode())])))


def idx(array): return bytes([0, 0, 8, array.ndim]) + b''.join(struct.pack('>I', n) for n in array.shape) + array.tobytes()


def make_mnist():
    for subset, count, start in (('train', 30, 0), ('t10k', 20, 700)):
        images = np.stack([image(start + i, 28, 28, 1)[..., 0] for i in range(count)])
        labels = np.array([(i * 3 + start) % 10 for i in range(count)], np.uint8)
        write(f'mnist/{subset}-images-idx3-ubyte.gz', gz(idx(images)))
        write(f'mnist/{subset}-labels-idx1-ubyte.gz', gz(idx(labels)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_STORED) as archive:
        for part, classes in (('digits', 10), ('letters', 26)):
            for subset in ('train', 'test'):
                images = np.stack([image(i + len(part), 14, 14, 1)[..., 0] for i in range(classes)])
                labels = np.arange(classes, dtype=np.uint8)[::-1]
                for kind, array in (('images-idx3', images), ('labels-idx1', labels)):
                    archive.writestr(zipfile.ZipInfo(f'gzip/emnist-{part}-{subset}-{kind}-ubyte.gz'), gz(idx(array)))
    write('emnist.zip', out.getvalue())


def npz(path, arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + '.npy'), data.getvalue(), zipfile.ZIP_DEFLATED)
    write(path, out.getvalue())


def make_numpy():
    arrays = {}
    for subset, count, start in (('train', 24, 0), ('val', 8, 200), ('test', 12, 400)):
        arrays[subset + '_images'] = np.stack([image(start + i, 28, 28, 3) for i in range(count)])
        arrays[subset + '_labels'] = np.array([[(i * 5 + start) % 4] for i in range(count)], np.uint8)
    npz('bloodmnist.npz', arrays)
    planes = {'x_train': np.stack([image(i, 12, 10, 1)[..., 0] for i in range(22)]),
              'y_train': np.array([i % 11 for i in range(22)], '>i8'),
              'x_test': np.stack([image(60 + i, 12, 10, 1)[..., 0] for i in range(11)]),
              'y_test': np.arange(11, dtype='<i4')}
    npz('plain.npz', planes)


def make_images():
    for subset, count in (('train', 3), ('val', 2)):
        for c, name in enumerate(['ant', 'bee', 'cow']):
            for i in range(count):
                write(f'folder/{subset}/{name}/{i}.png', png(image(100 * c + i + 10 * (subset == 'val'), 8, 10, 3)))
    flat, rows = [], []
    for i in range(12):
        write(f'flat/images/{i:03}.png', png(image(i, 9, 9, 3)))
        flat.append((f'images/{i:03}.png', i * 5 % 3))
        rows.append((f'{i:03}', ['dog, small', 'cat', 'emu'][i % 3]))
    write('flat/train.txt', ''.join(f'{path} {label}\n' for path, label in flat[:8]).encode())
    write('flat/test.txt', ''.join(f'{path} {label}\r\n' for path, label in flat[8:]).encode())
    for name, part in (('train.csv', rows[:8]), ('test.csv', rows[8:])):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(['id', 'note', 'breed'])
        writer.writerows([(image, 'a "quoted", note', label) for image, label in part])
        write('flat/' + name, ('\ufeff' + text.getvalue()).encode())


def make_shards():
    for subset, shards in (('train', 3), ('val', 1)):
        for shard in range(shards):
            files = []
            for i in range(4):
                # Keys are unique in a shard only.
                files.append((f'{i:04}.cls', str((i + shard) % 4).encode()))
                files.append((f'{i:04}.json', b'{}'))
                files.append((f'{i:04}.png', png(image(shard * 10 + i + 300 * (subset == 'val'), 7, 7, 3))))
            write(f'shards/{subset}-{shard:06}.tar', tar(files))


def make_ilsvrc(sample, folder):
    os.makedirs(folder, exist_ok=True)
    with tarfile.open(sample) as archive:
        photographs = [(m.name.split('/')[-2], archive.extractfile(m).read())
                       for m in archive.getmembers() if m.isfile() and m.name.endswith('.JPEG')]
    synsets = sorted({name for name, _ in photographs})[:6]
    chosen = [(name, data) for name, data in photographs if name in synsets]
    train = []
    for name in synsets:
        own = [data for synset, data in chosen if synset == name]
        train.append((name + '.tar', tar([(f'{name}_{i}.JPEG', own[i % len(own)]) for i in range(2)])))
    with open(f'{folder}/ILSVRC2012_img_train.tar', 'wb') as file: file.write(tar(train))
    val = [(f'ILSVRC2012_val_{i + 1:08}.JPEG', chosen[-1 - i][1]) for i in range(len(chosen))]
    with open(f'{folder}/ILSVRC2012_img_val.tar', 'wb') as file: file.write(tar(val))
    numbers = [synsets.index(chosen[-1 - i][0]) for i in range(len(chosen))]
    with open(f'{folder}/val.txt', 'w') as file:
        file.writelines(f'{name} {number}\n' for (name, _), number in zip(val, numbers))
    with open(f'{folder}/ILSVRC2012_validation_ground_truth.txt', 'w') as file:
        file.writelines(f'{number + 1}\n' for number in numbers)
    with open(f'{folder}/synsets.txt', 'w') as file: file.writelines(f'{name} a name\n' for name in synsets)


# --- reading ---

def open_out(path): return open(os.path.join(OUT, path), 'rb')


def members(path):
    with open_out(path) as file:
        data = file.read()
    if data[:2] == b'\x1f\x8b': data = gzip.decompress(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {m.name.split('/')[-1]: archive.extractfile(m).read() for m in archive.getmembers() if m.isfile()}


def unpng(data):
    """The images that `png` writes: 8 bits, no filters."""
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    position, pixels = 8, b''
    while position < len(data):
        length, name = struct.unpack('>I4s', data[position:position + 8])
        body = data[position + 8:position + 8 + length]
        if name == b'IHDR': width, height, _, colour = struct.unpack('>IIBB', body[:10])
        if name == b'IDAT': pixels += body
        position += 12 + length
    channels = 3 if colour == 2 else 1
    rows = zlib.decompress(pixels)
    stride = 1 + width * channels
    return b''.join(rows[y * stride + 1:(y + 1) * stride] for y in range(height))


def read_cifar(path, label_bytes, label, names, train, test):
    files = members(path)
    classes = files[names].decode().split()
    def records(names):
        for name in names:
            for start in range(0, len(files[name]), label_bytes + 3072):
                record = files[name][start:start + label_bytes + 3072]
                planes = np.frombuffer(record[label_bytes:], np.uint8).reshape(3, 32, 32)
                yield classes[record[label]], planes.transpose(1, 2, 0).tobytes()
    return list(records(train)), list(records(test))


def read_idx(data):
    data = gzip.decompress(data)
    shape = struct.unpack('>' + 'I' * data[3], data[4:4 + 4 * data[3]])
    return np.frombuffer(data[4 + 4 * data[3]:], np.uint8).reshape(shape)


def pairs(images, labels, classes=None):
    width = len(str(int(max(int(l) for l in labels.reshape(-1)))))
    return [(classes[int(l)] if classes else str(int(l)).zfill(width), i.tobytes()) for i, l in zip(images, labels.reshape(-1))]


def read_npz(path, train, test):
    with open_out(path) as file, np.load(file, allow_pickle=False) as arrays:
        return [pairs(arrays[images], arrays[labels]) for images, labels in (train, test)]


def read_folder(subset):
    found = []
    for name in sorted(os.listdir(f'{OUT}/folder/{subset}')):
        for file in sorted(os.listdir(f'{OUT}/folder/{subset}/{name}')):
            with open_out(f'folder/{subset}/{name}/{file}') as data: found.append((name, unpng(data.read())))
    return found


def read_list(path):
    with open(os.path.join(OUT, path)) as file: lines = [line.split() for line in file]
    return [(label, unpng(open_out('flat/' + image).read())) for image, label in sorted(lines)]


def read_csv(path):
    with open(os.path.join(OUT, path), encoding='utf-8-sig', newline='') as file: rows = list(csv.DictReader(file))
    return [(row['breed'], unpng(open_out(f'flat/images/{row["id"]}.png').read())) for row in sorted(rows, key=lambda r: r['id'])]


def read_shards(subset, shards):
    found = []
    for shard in range(shards):
        files = members(f'shards/{subset}-{shard:06}.tar')
        found += [(files[name[:-4] + '.cls'].decode(), unpng(data)) for name, data in sorted(files.items()) if name.endswith('.png')]
    return found


def read_ilsvrc(folder):
    with open(f'{folder}/ILSVRC2012_img_train.tar', 'rb') as file:
        train = []
        with tarfile.open(fileobj=file) as outer:
            for member in outer.getmembers():
                with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                    train += [(member.name[:-4], inner.extractfile(m).read()) for m in inner.getmembers()]
    with open(f'{folder}/synsets.txt') as file: synsets = [line.split()[0] for line in file]
    with open(f'{folder}/val.txt') as file: labels = dict(line.split() for line in file)
    with tarfile.open(f'{folder}/ILSVRC2012_img_val.tar') as archive:
        val = [(synsets[int(labels[m.name])], archive.extractfile(m).read()) for m in archive.getmembers()]
    return train, val


def facts(train, test):
    classes = sorted({name for name, _ in train + test}, key=lambda name: name.encode())
    def ordered(found): return [(n, p) for name in classes for n, p in found if n == name]
    images = ordered(train) + ordered(test)
    return {
        'classes': classes,
        'train': [sum(name == c for name, _ in train) for c in classes],
        'test': [sum(name == c for name, _ in test) for c in classes],
        'labels': hashlib.sha256(''.join(name + '\n' for name, _ in images).encode()).hexdigest(),
        'pixels': hashlib.sha256(b''.join(pixels for _, pixels in images)).hexdigest(),
    }


def read_all():
    record = {}
    batches = [f'data_batch_{b}.bin' for b in range(1, 6)]
    record['cifar-10'] = facts(*read_cifar('cifar-10-binary.tar.gz', 1, 0, 'batches.meta.txt', batches, ['test_batch.bin']))
    for label, kind in ((1, 'fine'), (0, 'coarse')):
        record['cifar-100-' + kind] = facts(*read_cifar(
            'cifar-100-binary.tar.gz', 2, label, kind + '_label_names.txt', ['train.bin'], ['test.bin']))
    record['mnist'] = facts(*[
        pairs(*[read_idx(open_out(f'mnist/{subset}-{kind}-ubyte.gz').read()) for kind in ('images-idx3', 'labels-idx1')])
        for subset in ('train', 't10k')])
    with zipfile.ZipFile(os.path.join(OUT, 'emnist.zip')) as archive:
        record['emnist-letters'] = facts(*[
            pairs(*[read_idx(archive.read(f'gzip/emnist-letters-{subset}-{kind}-ubyte.gz')) for kind in ('images-idx3', 'labels-idx1')])
            for subset in ('train', 'test')])
    record['bloodmnist'] = facts(*read_npz('bloodmnist.npz', ('train_images', 'train_labels'), ('test_images', 'test_labels')))
    record['plain'] = facts(*read_npz('plain.npz', ('x_train', 'y_train'), ('x_test', 'y_test')))
    record['folder'] = facts(read_folder('train'), read_folder('val'))
    record['caffe'] = facts(read_list('flat/train.txt'), read_list('flat/test.txt'))
    record['csv'] = facts(read_csv('flat/train.csv'), read_csv('flat/test.csv'))
    record['shards'] = facts(read_shards('train', 3), read_shards('val', 1))
    return record


def write_json(path, record):
    with open(path, 'w') as file:
        json.dump(record, file, indent=1, sort_keys=True)
        file.write('\n')


if len(sys.argv) == 4 and sys.argv[1] == 'ilsvrc':
    make_ilsvrc(sys.argv[2], sys.argv[3])
    write_json(f'{sys.argv[3]}/ilsvrc.json', facts(*read_ilsvrc(sys.argv[3])))
else:
    make_cifar(); make_mnist(); make_numpy(); make_images(); make_shards()
    write_json(os.path.join(HERE, 'formats.json'), read_all())
