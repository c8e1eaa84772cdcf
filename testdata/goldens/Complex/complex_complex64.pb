
5
realPlaceholder*
dtype0*
shape
:
1
imagPlaceholder*
dtype0*
shape:
.
opComplexrealimag*

Tout0*
T0