
;
imagesPlaceholder*
dtype0*
shape:

opRGBToHSVimages*
T0