
;
imagesPlaceholder*
dtype0*
shape:

opHSVToRGBimages*
T0