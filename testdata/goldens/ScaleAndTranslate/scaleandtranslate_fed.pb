
?
imagesPlaceholder*
dtype0*
shape:
1
sizePlaceholder*
dtype0*
shape:
2
scalePlaceholder*
dtype0*
shape:
8
translationPlaceholder*
dtype0*
shape:
B
opScaleAndTranslateimagessizescaletranslation*
T0