
7
inputPlaceholder*
dtype0*
shape:	—
Y
opAudioSpectrograminput*
magnitude_squared(*
stride†*
window_sizeê