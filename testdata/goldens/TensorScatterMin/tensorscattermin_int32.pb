
7
tensorPlaceholder*
dtype0*
shape
:
8
indicesPlaceholder*
dtype0*
shape
:
8
updatesPlaceholder*
dtype0*
shape
:
I
opTensorScatterMintensorindicesupdates*
Tindices0*
T0