
6
inputPlaceholder*
dtype0
*
shape
:

opSnapshotinput*
T0
